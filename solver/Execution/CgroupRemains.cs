namespace Cairn.Solver.Execution;

/// <summary>Removes control groups that a runtime could not remove itself.</summary>
internal static class CgroupRemains
{
    private const string Hierarchies = "/sys/fs/cgroup";

    /// <summary>
    /// Where the unified hierarchy is hidden, crun makes the container's directory in what hides it, with plain files in it, and leaves it.
    /// </summary>
    public static void RemoveHidden(string id)
    {
        string group = Path.Combine(ContainerRuntime.HybridMount, id);
        if (Directory.Exists(group) && !File.Exists(Path.Combine(ContainerRuntime.HybridMount, "cgroup.controllers")))
        {
            Directory.Delete(group, recursive: true);
        }
    }

    /// <summary>Removes the empty groups of an instance whose runtime was killed before it had written down what it had made.</summary>
    public static void RemoveAll(string instanceId)
    {
        if (!Directory.Exists(Hierarchies))
        {
            return;
        }

        foreach (string hierarchy in Directory.EnumerateDirectories(Hierarchies).Prepend(Hierarchies))
        {
            foreach (string group in Directory.EnumerateDirectories(hierarchy, $"cairn-{instanceId}-*"))
            {
                Remove(group);
            }
        }
    }

    private static void Remove(string group)
    {
        try
        {
            if (Directory.Exists(group))
            {
                Directory.Delete(group);
            }
        }
        catch (IOException) when (Directory.Exists(group))
        {
            return;   // something in it is still ending; an empty group costs nothing, and the next who looks removes it
        }
    }
}
