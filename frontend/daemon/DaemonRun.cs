using System.Net;
using System.Runtime.InteropServices;
using Cairn.Daemon.Configuration;
using Cairn.Daemon.Listening;
using Cairn.Daemon.Telemetry;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon;

/// <summary>A daemon as a process: its words, its signals, its end.</summary>
public static class DaemonRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs until a signal ends it.</summary>
    /// <param name="arguments">The words after <c>daemon</c>.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="Cairn.Llb.BuildException">The words cannot be understood, or the daemon cannot start.</exception>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        DaemonSettings settings = DaemonFlags.Read(arguments);
        using var loggers = new LineLoggers(Console.Error, isJson: false, TimeProvider.System) { Level = settings.LogLevel };
        ILogger logger = loggers.CreateLogger("daemon");
        var ended = new TaskCompletionSource<PosixSignal>(TaskCreationOptions.RunContinuationsAsynchronously);
        int signals = 0;
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle);
        await using (DaemonServer server = await DaemonServer.OpenAsync(settings, loggers))
        {
            foreach (EndPoint address in server.Addresses)
            {
                logger.Listening(address.ToString() ?? "");
            }

            ServiceNotice.Send("READY=1");
            PosixSignal signal = await ended.Task;
            ServiceNotice.Send("STOPPING=1");
            logger.Draining(signal.ToString(), Patience);
            await server.DrainAsync(Patience, CancellationToken.None);
        }

        return 0;

        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref signals) > 1)
            {
                Environment.Exit(1);   // the second time: at once; the store survives that
            }

            ended.TrySetResult(context.Signal);
        }
    }
}
