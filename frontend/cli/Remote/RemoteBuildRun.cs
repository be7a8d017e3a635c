using Cairn.Cli.Building;
using Cairn.Cli.Contexts;
using Cairn.Cli.Errors;
using Cairn.Cli.Progress;
using Cairn.Cli.Settings;
using Cairn.Client;
using Cairn.Client.Building;
using Cairn.Client.Sessions;
using Cairn.Llb;
using Cairn.Llb.Credentials;

namespace Cairn.Cli.Remote;

/// <summary>One `cairn build --addr`: the daemon builds, this process serves what it asks for, shows it, and writes what was asked for about the result.</summary>
internal sealed class RemoteBuildRun(BuildSettings settings, string address)
{
    private readonly TimeProvider _clock = TimeProvider.System;

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        IReadOnlyList<OutputSpec> outputs = settings.EffectiveOutputs();
        OutputPlan plan = OutputPlan.Check(outputs);
        using Interrupts interrupts = new();
        var session = new SessionOptions();
        using ContextOpener opener = new(settings, session.Id, Console.OpenStandardInput());
        OpenedContexts contexts = await opener.OpenAsync(interrupts.Token);
        BuildOptions options = Options(session, contexts, plan);

        BuildView view = new();
        BuildOutcome outcome;
        try
        {
            await using BuildClient client = await DaemonConnection.OpenAsync(address, interrupts.Token);
            await using RunningBuild build = await client.BuildAsync(options, interrupts.Token);
            await using (ProgressPump pump = new(Displays.Open(settings.Progress, view, _clock.GetUtcNow()), _clock))
            {
                await NewsPump.RunAsync(build.ReadStatusAsync(interrupts.Token), pump);
            }

            outcome = await build.Outcome;
        }
        catch (Exception e) when (interrupts.ExitCode != 0 && e is OperationCanceledException or BuildException)
        {
            await Console.Error.WriteLineAsync("ERROR: failed to build: failed to solve: Canceled: context canceled");
            return interrupts.ExitCode;
        }
        catch (BuildException e)
        {
            FailureReport.Write(Console.Error, e, view);
            return 1;
        }

        if (settings.Progress is not (ProgressMode.Quiet or ProgressMode.RawJson))
        {
            FailureReport.WriteWarnings(Console.Error, view.Warnings);
            if (outputs.Count == 0)
            {
                await Console.Error.WriteLineAsync(
                    "WARNING: No output specified. Build result will only remain in the build cache. "
                    + "To push result image into registry use --push or to write it use --output");
            }
        }

        await ResultFiles.WriteAsync(settings, outcome.Response, CancellationToken.None);
        return 0;
    }

    private BuildOptions Options(SessionOptions session, OpenedContexts contexts, OutputPlan plan)
    {
        SortedDictionary<string, string> frontendOptions = settings.FrontendOptions();
        foreach ((string key, string value) in contexts.Options)
        {
            frontendOptions[key] = value;
        }

        Dictionary<string, Func<byte[]?>> secrets = settings.Secrets.ToDictionary(s => s.Id, BuildSession.Reader, StringComparer.Ordinal);
        var options = new BuildOptions
        {
            Definition = contexts.Definition,
            Frontend = contexts.Definition is null ? "dockerfile.v0" : null,
            FrontendOptions = frontendOptions,
            FrontendInputs = contexts.Inputs,
            Entitlements = settings.Entitlements,
            Exports = [.. plan.Exports.Zip(plan.Destinations, static (export, destination) => new BuildExport(export.Type, export.Attributes, Destination(export.Type, destination)))],
            IsDetached = settings.BuildId is not null,
            Session = session with
            {
                SharedKey = contexts.Directories.GetValueOrDefault("context") ?? settings.Context,
                Directories = contexts.Directories.ToDictionary(d => d.Key, d => new LocalDirectory(d.Value), StringComparer.Ordinal),
                Stores = contexts.Layouts.ToDictionary(l => "oci:" + l.Key, l => l.Value, StringComparer.Ordinal),
                Secrets = secrets.Count == 0
                    ? null
                    : (id, _) => Task.FromResult(secrets.TryGetValue(id, out Func<byte[]?>? read) ? read() : null),
                SshAgents = settings.Ssh.ToDictionary(s => s.Id, BuildSession.Socket, StringComparer.Ordinal),
                Credentials = DockerConfig.Default().GetAsync,
            },
        };
        return settings.BuildId is { } id ? options with { Id = id } : options;
    }

    private static ExportDestination Destination(string type, Solver.Sessions.ExportDestination local) => new()
    {
        File = local.File,
        Output = local.Output,
        Directory = type == "local" ? local.Directory : null,
        Layout = type == "local" ? null : local.Directory,
    };
}
