using System.ComponentModel;
using System.Diagnostics;
using Cairn.Llb;
using Cairn.Snapshotter.Processes;

namespace Cairn.Solver.Execution;

/// <summary>A running call of the container runtime, with both streams read until they end.</summary>
/// <remarks>
/// Each stream has a thread of its own: a read from a pipe blocks, and on a machine with two cores two blocked pool threads are the pool.
/// </remarks>
internal sealed class RuntimeProcess : IDisposable
{
    private const int BufferSize = 32 << 10;

    // The last thing before the program: its streams become a terminal, by name, without its becoming this process's.
    private const string AtTerminal = "tty=$0; exec \"$@\" <\"$tty\" >\"$tty\" 2>&1";

    private readonly Process _process;
    private readonly Task _output;
    private readonly Task _errors;
    private readonly PseudoTerminal? _terminal;

    private RuntimeProcess(Process process, IExecOutput? output)
    {
        _process = process;
        _output = output is null ? Task.CompletedTask : Read(process.StandardOutput.BaseStream.Read, 1, output);
        _errors = output is null ? Task.CompletedTask : Read(process.StandardError.BaseStream.Read, 2, output);
    }

    private RuntimeProcess(Process process, IExecOutput output, PseudoTerminal terminal)
    {
        _process = process;
        _terminal = terminal;
        _output = Read(terminal.Read, 1, output);
        _errors = Task.CompletedTask;
    }

    private delegate int Reading(Span<byte> buffer);

    /// <summary>Number of the program's process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>What the program reads, of one that was started live.</summary>
    public Stream Input => _process.StandardInput.BaseStream;

    /// <summary>Starts a program with nothing to read and an environment of its own.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="output">Receives both streams.</param>
    /// <exception cref="BuildException">The program cannot be started.</exception>
    public static RuntimeProcess Start(IReadOnlyList<string> command, IExecOutput output) => Start(command, output, isAttached: false);

    /// <summary>Starts a program with the standard streams of this process and an environment of its own.</summary>
    /// <exception cref="BuildException">The program cannot be started.</exception>
    public static RuntimeProcess StartAttached(IReadOnlyList<string> command) => Start(command, output: null, isAttached: true);

    /// <summary>As <see cref="Start(IReadOnlyList{string}, IExecOutput)"/>, with <see cref="Input"/> open.</summary>
    /// <exception cref="BuildException">The program cannot be started.</exception>
    public static RuntimeProcess StartLive(IReadOnlyList<string> command, IExecOutput output) =>
        new(StartProgram(command, isAttached: false), output);

    /// <summary>Starts a program with a terminal as its streams and an environment of its own.</summary>
    /// <param name="command">Program and arguments.</param>
    /// <param name="output">Receives what the terminal shows, as stream 1.</param>
    /// <param name="terminal">The terminal; it must stay until the streams have ended.</param>
    /// <exception cref="BuildException">The program cannot be started.</exception>
    public static RuntimeProcess StartAt(IReadOnlyList<string> command, IExecOutput output, PseudoTerminal terminal)
    {
        Process process = StartProgram(["/bin/sh", "-c", AtTerminal, terminal.Path, .. command], isAttached: false);
        process.StandardInput.Close();
        return new RuntimeProcess(process, output, terminal);
    }

    private static RuntimeProcess Start(IReadOnlyList<string> command, IExecOutput? output, bool isAttached)
    {
        Process process = StartProgram(command, isAttached);
        if (!isAttached)
        {
            process.StandardInput.Close();
        }

        return new RuntimeProcess(process, output);
    }

    private static Process StartProgram(IReadOnlyList<string> command, bool isAttached)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = !isAttached,
            RedirectStandardOutput = !isAttached,
            RedirectStandardError = !isAttached,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        try
        {
            return Process.Start(start)!;   // null only with UseShellExecute
        }
        catch (Win32Exception e)
        {
            throw new BuildException(
                ErrorKind.Environment, "start the container runtime", command[0], e.Message,
                remedy: "Check that the program is there and executable, and that the process limit is not reached.", inner: e);
        }
    }

    /// <summary>Waits for the end of the program and of both streams.</summary>
    /// <returns>The exit code; 128 plus the signal's number if a signal ended it.</returns>
    public async Task<int> ExitAsync()
    {
        int code = await ProgramExitAsync();
        await StreamsAsync();
        return code;
    }

    /// <summary>Waits for the end of the program alone; what it started may still hold the streams.</summary>
    public async Task<int> ProgramExitAsync()
    {
        await _process.WaitForExitAsync(CancellationToken.None);
        return _process.ExitCode;
    }

    /// <summary>Waits until everybody who holds the streams has ended, and all of their bytes are passed on.</summary>
    public async Task StreamsAsync()
    {
        _terminal?.Release();
        await _output;
        await _errors;
    }

    /// <summary>Kills the program itself, not what it started.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Closes the streams; the program must have ended.</summary>
    public void Dispose() => _process.Dispose();

    private static Task Read(Reading read, int number, IExecOutput output)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => ReadToEnd(read, number, output, ended), maxStackSize: 256 << 10)
        {
            IsBackground = true,
            Name = number == 1 ? "step output" : "step errors",
        }.Start();
        return ended.Task;
    }

    private static void ReadToEnd(Reading from, int number, IExecOutput output, TaskCompletionSource ended)
    {
        try
        {
            byte[] buffer = new byte[BufferSize];
            for (int read; (read = from(buffer)) > 0;)
            {
                output.Write(number, buffer.AsSpan(0, read));
            }

            ended.SetResult();
        }
#pragma warning disable CA1031 // the top of a thread: whatever fails here fails the step that waits for it
        catch (Exception e)
#pragma warning restore CA1031
        {
            ended.SetException(e);
        }
    }
}
