using System.Globalization;
using Cairn.Llb;
using Cairn.Snapshotter.Processes;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Execution;

public sealed partial class ContainerExecutor
{
    private static readonly TimeSpan StreamPatience = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public async Task<ExecExit> ExecAsync(
        LiveProcess first, ExecRequest request, IExecOutput output, LiveProcess live, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(live);
        if (await first.ProcessIdAsync(cancellationToken) is null || first.Container is not { } container)
        {
            throw new BuildException(ErrorKind.Input, "", "", "the container has ended: its first process is gone");
        }

        string id = string.Create(CultureInfo.InvariantCulture, $"{container.Plan.Id}-{Interlocked.Increment(ref _containers)}");
        using RootedTree root = RootedTree.Open(request.RootPath);
        ContainerPlan plan = container.Plan with { Request = request with { Console = live.Console }, User = ExecUser.Find(root, request.User) };
        MakeWorkingDirectory(root, plan);
        string directory = ContainerPaths.Bundle(_options.RunDirectory, id);
        string log = Path.Combine(directory, "log");
        string pidFile = Path.Combine(directory, "pid");
        string document = Path.Combine(directory, "process.json");
        Directory.CreateDirectory(directory);
        try
        {
            using (FileStream file = File.Create(document))
            {
                RuntimeSpec.WriteProcess(file, container.Runtime, plan);
            }

            IReadOnlyList<string> command = container.Runtime.Command(
                _state, "--log", log, "--log-format", "json", "exec", "--process", document, "--pid-file", pidFile, plan.Id);
            using RuntimeProcess process = live.Begin(command, output, pidFile, container: null);
            int code = await ExitAsync(live, process, cancellationToken);
            live.End();
            cancellationToken.ThrowIfCancellationRequested();

            // What the process started may live on in the container, with its streams; it is not waited for.
            Task streams = process.StreamsAsync();
            await Task.WhenAny(streams, Task.Delay(StreamPatience, _options.Clock, CancellationToken.None));
            if (streams.IsCompleted)
            {
                await streams;
            }

            return Judge(container.Runtime, plan, code, runtimeDied: false, RuntimeLog.TryReadError(log));
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    // The runtime waits for its process; that one is killed, so that nothing of it is left.
    private async Task<int> ExitAsync(LiveProcess live, RuntimeProcess process, CancellationToken cancellationToken)
    {
        Task<int> exit = process.ProgramExitAsync();
        try
        {
            return await exit.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (!exit.IsCompleted)
        {
            while (!exit.IsCompleted)
            {
                if (live.TryReadPid() is { } running && !Signals.Send(running, Signals.Kill))
                {
                    process.Kill();   // runc stays while anybody has the streams that it copies
                }

                await Task.WhenAny(exit, Task.Delay(KillRetry, _options.Clock, CancellationToken.None));
            }

            return await exit;
        }
    }
}
