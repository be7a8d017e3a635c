using System.Globalization;
using System.IO.Pipelines;
using Cairn.Llb;
using Cairn.Snapshotter.Processes;

namespace Cairn.Solver.Execution;

/// <summary>The hold that somebody has on a process while it runs: what it reads, the size of its terminal, signals.</summary>
/// <remarks>Made before the process; what is done to it before it has begun waits until then. One process each.</remarks>
public sealed class LiveProcess : IDisposable
{
    private const int InputBuffer = 256 << 10;
    private static readonly TimeSpan PidInterval = TimeSpan.FromMilliseconds(10);

    private readonly TaskCompletionSource<RuntimeProcess> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Pipe _input = new(new PipeOptions(pauseWriterThreshold: InputBuffer, resumeWriterThreshold: InputBuffer / 2, useSynchronizationContext: false));
    private readonly PseudoTerminal? _terminal;
    private readonly TimeProvider _clock;
    private string _pidFile = "";   // written before _begun completes

    private LiveProcess(PseudoTerminal? terminal, TimeProvider clock)
    {
        _terminal = terminal;
        _clock = clock;
    }

    /// <summary>It has a terminal.</summary>
    public bool HasTerminal => _terminal is not null;

    /// <summary>What it has as its streams.</summary>
    internal ConsoleUse Console => HasTerminal ? ConsoleUse.LiveTerminal : ConsoleUse.Live;

    /// <summary>Completes when the process has been started; cancelled if it never was.</summary>
    public Task Begun => _begun.Task;

    /// <summary>The container that it was the first process of; null before it has begun and for later ones.</summary>
    internal RunningContainer? Container { get; private set; }

    /// <summary>A hold on a process that is yet to be started.</summary>
    /// <param name="hasTerminal">It gets a terminal, else pipes.</param>
    /// <param name="clock">The time.</param>
    public static LiveProcess Create(bool hasTerminal, TimeProvider clock) => new(hasTerminal ? PseudoTerminal.Open() : null, clock);

    /// <summary>Sends the process something to read; waits while it does not read.</summary>
    /// <returns>False if it reads no more.</returns>
    public async Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        !(await _input.Writer.WriteAsync(bytes, cancellationToken)).IsCompleted;

    /// <summary>There is no more to read.</summary>
    public void CloseInput() => _input.Writer.Complete();

    /// <summary>Changes the size of the terminal; nothing without one.</summary>
    public async Task ResizeAsync(uint rows, uint columns, CancellationToken cancellationToken)
    {
        if (_terminal is null)
        {
            return;
        }

        RuntimeProcess runtime = await _begun.Task.WaitAsync(cancellationToken);
        if (!_ended.Task.IsCompleted)
        {
            // runc copies the size from one terminal to the other; crun does not, so the process's own is changed too.
            _terminal.Resize(rows, columns);
            Signals.Send(runtime.ProcessId, Signals.WindowChanged);
            if (await ProcessIdAsync(cancellationToken) is { } process)
            {
                PseudoTerminal.TryResizeOf(process, rows, columns);
            }
        }
    }

    /// <summary>Sends the process a signal; nothing if it has ended.</summary>
    /// <param name="number">The signal's number here.</param>
    /// <param name="cancellationToken">Stops waiting for the process to be there.</param>
    public async Task SignalAsync(int number, CancellationToken cancellationToken)
    {
        if (await ProcessIdAsync(cancellationToken) is { } process)
        {
            Signals.Send(process, number);
        }
    }

    /// <summary>Frees the terminal; the process must have ended, or never begun.</summary>
    public void Dispose()
    {
        _input.Writer.Complete();
        _begun.TrySetCanceled();
        _ended.TrySetResult();
        _terminal?.Dispose();
    }

    /// <summary>Starts the runtime's program that runs the process.</summary>
    internal RuntimeProcess Begin(IReadOnlyList<string> command, IExecOutput output, string pidFile, RunningContainer? container)
    {
        _pidFile = pidFile;
        Container = container;
        RuntimeProcess process = _terminal is null
            ? RuntimeProcess.StartLive(command, output)
            : RuntimeProcess.StartAt(command, output, _terminal);
        Action<ReadOnlySpan<byte>> write = _terminal is null ? process.Input.Write : WriteToTerminal;
        new Thread(() => PassOn(write, _terminal is null ? process.Input : null), maxStackSize: 256 << 10) { IsBackground = true, Name = "process input" }.Start();
        _begun.SetResult(process);
        return process;
    }

    /// <summary>Tells that the process has ended, and that nothing can be done to it any more.</summary>
    internal void End() => _ended.TrySetResult();

    /// <summary>Number of the process on this host, once it is there; null if it has ended without.</summary>
    internal async Task<int?> ProcessIdAsync(CancellationToken cancellationToken)
    {
        await _begun.Task.WaitAsync(cancellationToken);
        while (!_ended.Task.IsCompleted)
        {
            if (TryReadPid() is { } process)
            {
                return process;
            }

            // The runtime says nothing when it has written the file.
            await Task.WhenAny(_ended.Task, Task.Delay(PidInterval, _clock, cancellationToken));
            cancellationToken.ThrowIfCancellationRequested();
        }

        return null;
    }

    /// <summary>Number of the process on this host; null while it is not there.</summary>
    internal int? TryReadPid()
    {
        try
        {
            return int.TryParse(File.ReadAllText(_pidFile), NumberStyles.None, CultureInfo.InvariantCulture, out int process) ? process : null;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private void WriteToTerminal(ReadOnlySpan<byte> bytes)
    {
        if (!_terminal!.Write(bytes))
        {
            throw new IOException("the terminal is closed");
        }
    }

    // A thread of its own, since a write to a process that does not read blocks.
    private void PassOn(Action<ReadOnlySpan<byte>> write, Stream? pipe)
    {
        try
        {
            while (true)
            {
                ReadResult read = _input.Reader.ReadAsync().AsTask().GetAwaiter().GetResult();
                foreach (ReadOnlyMemory<byte> part in read.Buffer)
                {
                    write(part.Span);
                }

                _input.Reader.AdvanceTo(read.Buffer.End);
                if (read.IsCompleted)
                {
                    break;
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or BuildException)
        {
            // The process reads no more; whoever writes is told by the completed reader.
        }

        _input.Reader.Complete();
        ClosePipe(pipe);
    }

    private static void ClosePipe(Stream? pipe)
    {
        try
        {
            pipe?.Dispose();
        }
        catch (IOException)
        {
            // The same.
        }
    }
}
