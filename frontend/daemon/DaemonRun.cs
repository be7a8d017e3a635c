using System.Net;
using System.Runtime.InteropServices;
using Cairn.Daemon.Configuration;
using Cairn.Daemon.Control;
using Cairn.Daemon.Listening;
using Cairn.Daemon.Telemetry;
using Cairn.Llb;
using Microsoft.Extensions.Logging;

namespace Cairn.Daemon;

/// <summary>A daemon as a process: its words, its signals, its end.</summary>
public static class DaemonRun
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Runs until a signal ends it: the first lets builds end, the second ends the process at once. SIGHUP reads the file again.</summary>
    /// <param name="arguments">The words after <c>daemon</c>.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="BuildException">The words cannot be understood, or the daemon cannot start.</exception>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        IReadOnlyDictionary<string, IReadOnlyList<string>> flags = new FlagReader(DaemonFlags.All).Read(arguments);
        if (flags.ContainsKey("help"))
        {
            await Console.Out.WriteAsync(DaemonFlags.Help());
            return 0;
        }

        if (flags.ContainsKey("version"))
        {
            await Console.Out.WriteLineAsync($"buildkitd {WorkerList.Version.Package} {WorkerList.Version.Version} {WorkerList.Version.Revision}");
            return 0;
        }

        DaemonSettings settings = SettingsReader.Read(flags);
        using var loggers = new LineLoggers(Console.Error, settings.IsLogJson, TimeProvider.System) { Level = settings.LogLevel };
        ILogger logger = loggers.CreateLogger("daemon");
        foreach (string warning in settings.Warnings)
        {
            logger.Configuration(warning);
        }

        var ended = new TaskCompletionSource<PosixSignal>(TaskCreationOptions.RunContinuationsAsynchronously);
        int signals = 0;
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, End);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, End);
        await using (DaemonServer server = await DaemonServer.OpenAsync(settings, loggers))
        {
            using PosixSignalRegistration reload = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
            {
                context.Cancel = true;
                Reload(flags, server, loggers, logger);
            });
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

        void End(PosixSignalContext context)
        {
            context.Cancel = true;
            if (Interlocked.Increment(ref signals) > 1)
            {
                Environment.Exit(1);   // the second time: at once; the store survives that
            }

            ended.TrySetResult(context.Signal);
        }
    }

    private static void Reload(IReadOnlyDictionary<string, IReadOnlyList<string>> flags, DaemonServer server, LineLoggers loggers, ILogger logger)
    {
        try
        {
            DaemonSettings settings = SettingsReader.Read(flags);
            loggers.Level = settings.LogLevel;
            server.Apply(settings);
            logger.Reloaded();
        }
        catch (BuildException e)
        {
            logger.ReloadFailed(e);
        }
    }
}
