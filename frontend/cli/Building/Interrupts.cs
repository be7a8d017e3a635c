using System.Runtime.InteropServices;

namespace Cairn.Cli.Building;

/// <summary>Ctrl-C and SIGTERM: the first cancels the command, which then stops its containers and leaves the store in order; the second ends the process at once.</summary>
internal sealed class Interrupts : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly List<PosixSignalRegistration> _registrations = [];
    private int _signals;

    public Interrupts()
    {
        foreach (PosixSignal signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP])
        {
            _registrations.Add(PosixSignalRegistration.Create(signal, Handle));
        }
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>128 + the number of the signal that came; 0 for none.</summary>
    public int ExitCode { get; private set; }

    /// <summary>SIGQUIT (Ctrl-\) writes what the build waits for to the error stream, and the build goes on.</summary>
    public void TellOnQuit(Func<Task<string>> describe) => _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context =>
    {
        context.Cancel = true;
        _ = WriteAsync(describe);
    }));

    public void Dispose()
    {
        _registrations.ForEach(r => r.Dispose());
        _source.Dispose();
    }

    private static async Task WriteAsync(Func<Task<string>> describe) => await Console.Error.WriteAsync(await describe());

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        if (Interlocked.Increment(ref _signals) > 1)
        {
            Console.Error.Write("\e[?25h");   // the live picture hides the cursor
            Environment.Exit(ExitCode);
        }

        ExitCode = 128 + context.Signal switch { PosixSignal.SIGINT => 2, PosixSignal.SIGHUP => 1, _ => 15 };
        _source.Cancel();
    }
}
