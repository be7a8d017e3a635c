namespace Cairn.Solver.Execution;

/// <summary>Ends the containers of a process that is gone.</summary>
public static class DeadContainers
{
    /// <summary>Kills every container whose records lie in the run directory of a dead instance, and removes records and control groups.</summary>
    /// <param name="instanceId">The dead instance; its containers' names begin with it.</param>
    /// <param name="runDirectory">Run directory of the dead instance; may be absent.</param>
    /// <remarks>The instance's lock must be held, so that two processes do not do it at once.</remarks>
    public static void Kill(string instanceId, string runDirectory)
    {
        KillRecorded(runDirectory);
        CgroupRemains.RemoveAll(instanceId);
    }

    private static void KillRecorded(string runDirectory)
    {
        string state = ContainerPaths.State(runDirectory);
        if (!Directory.Exists(state))
        {
            return;
        }

        string[] ids = [.. Directory.EnumerateDirectories(state).Select(path => Path.GetFileName(path)).Where(id => id.StartsWith("cairn-", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
        if (ids.Length == 0 || RuntimeRecord.TryRead(ContainerPaths.Runtime(runDirectory)) is not ContainerRuntime runtime)
        {
            return;
        }

        foreach (string id in ids)
        {
            using RuntimeProcess process = RuntimeProcess.Start(runtime.Command(state, ["delete", "--force", id]), new CollectedOutput());
            process.ExitAsync().GetAwaiter().GetResult();
        }
    }
}
