using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Cairn.Tests.Harness;

/// <summary>
/// This same program as another process, which does one command after the other. It can be stopped, killed, made to fail at a failpoint and
/// watched by strace.
/// </summary>
/// <example>
/// <code>
/// using ChildProcess child = ChildProcess.Start();
/// child.Do("open", root, run);
/// string layer = child.Do("layer", "/f=content");
/// child.Kill();
/// </code>
/// </example>
internal sealed class ChildProcess : IDisposable
{
    /// <summary>Environment variable that makes the program a child.</summary>
    public const string Variable = "CAIRN_TEST_CHILD";

    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(3);   // for what takes no time at all; loaded machines are slow

    private readonly Process _process;
    private readonly string? _trace;
    private readonly StringBuilder _errors = new();
    private bool _disposed;

    private ChildProcess(Process process, string? trace)
    {
        _process = process;
        _trace = trace;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
            {
                _errors.AppendLine(line.Data);
            }
        };
        process.BeginErrorReadLine();
        string[] greeting = ReadLine().Split(' ');
        Id = int.Parse(greeting[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Its process id.</summary>
    public int Id { get; }

    public bool HasExited => _process.HasExited;

    public static ChildProcess Start(ChildOptions? options = null)
    {
        options ??= new ChildOptions();
        var words = new List<string>(options.Under);
        string? trace = null;
        if (options.Trace is { } calls)
        {
            trace = Path.Combine(Path.GetTempPath(), $"cairn-trace-{Guid.NewGuid():N}");
            words.AddRange(["strace", "-f", "-qq", "-y", "-s", "4096", "--seccomp-bpf", "-o", trace, "-e", "trace=openat," + calls]);
        }
        words.Add(Environment.ProcessPath!);
        var start = new ProcessStartInfo(words[0], words[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
        };
        start.Environment[Variable] = "1";
        start.Environment["DOTNET_TieredPGO"] = "0";
        start.Environment["DOTNET_gcServer"] = "0";
        start.Environment.Remove("CAIRN_FAIL");
        if (options.Fail is { } fail)
        {
            start.Environment["CAIRN_FAIL"] = fail;
        }
        foreach ((string name, string value) in options.Environment)
        {
            start.Environment[name] = value;
        }
        return new ChildProcess(Process.Start(start)!, trace);
    }

    /// <summary>Gives a command and waits for its answer.</summary>
    /// <exception cref="ChildException">The command threw, or the child is gone.</exception>
    public string Do(string command, params string[] arguments)
    {
        Send(command, arguments);
        return Answer();
    }

    /// <summary>Gives a command; <see cref="Answer"/> waits for its answer.</summary>
    public void Send(string command, params string[] arguments)
    {
        try
        {
            _process.StandardInput.Write(string.Join(' ', arguments.Prepend(command).Select(Uri.EscapeDataString)) + "\n");
            _process.StandardInput.Flush();
        }
        catch (IOException e)
        {
            throw new ChildException("Ended", e.Message);
        }
    }

    /// <inheritdoc cref="Do"/>
    public string Answer()
    {
        string[] words = ReadLine().Split(' ');
        return words[0] == "ok"
            ? Uri.UnescapeDataString(words[1])
            : throw new ChildException(words[1], Uri.UnescapeDataString(words[2]));
    }

    /// <summary>Gives a command at which a failpoint kills the child, and waits until it has.</summary>
    public void DoAndDie(string command, params string[] arguments)
    {
        Send(command, arguments);
        try
        {
            throw new InvalidOperationException($"the child lives, and answered '{Answer()}'");
        }
        catch (ChildException e) when (e.Kind == "Ended")
        {
            WaitForExit();
        }
    }

    /// <summary>kill -9, and waits until the process is gone.</summary>
    public void Kill()
    {
        _ = kill(Id, 9);
        WaitForExit();
    }

    /// <summary>SIGSTOP, and waits until it has stopped.</summary>
    public void Stop()
    {
        _ = kill(Id, 19);
        AwaitStopped();
    }

    /// <summary>Waits until a failpoint has stopped it.</summary>
    public void AwaitStopped() => Await.True(
        () => File.ReadAllText($"/proc/{Id}/stat").Split(')')[^1].TrimStart()[0] is 'T' or 't', "the child has stopped");

    /// <summary>SIGCONT.</summary>
    public void Continue() => _ = kill(Id, 18);

    /// <summary>Lets it end in order; the store that is open is closed by the command <c>close</c> before.</summary>
    public void Exit()
    {
        Do("exit");
        WaitForExit();
    }

    /// <summary>Ends it in order and returns what was recorded.</summary>
    public Recording ExitAndRead()
    {
        Exit();
        return Recording.Read(_trace!);
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }
        _disposed = true;
        if (!_process.HasExited)
        {
            _ = kill(Id, 9);
            _process.WaitForExit(Deadline);
        }
        _process.Dispose();
        if (_trace is not null)
        {
            File.Delete(_trace);
        }
    }

    private void WaitForExit()
    {
        if (!_process.WaitForExit(Deadline))
        {
            throw new TimeoutException($"the child {Id} does not end");
        }
    }

    private string ReadLine()
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(Deadline))
        {
            throw new TimeoutException("the child does not answer");
        }
        if (line.Result is { } text)
        {
            return text;
        }
        WaitForExit();
        lock (_errors)
        {
            throw new ChildException("Ended", $"the child has ended with {_process.ExitCode}\n{_errors}");
        }
    }

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int process, int signal);
}
