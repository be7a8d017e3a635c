using System.Text;
using Cairn.Client;
using Cairn.Client.Building;
using Cairn.Client.Sessions;
using Cairn.Llb;
using Cairn.Llb.Credentials;
using Cairn.Protos.Control;
using Cairn.Protos.Workers;

// Builds the Dockerfile of a directory with any daemon that speaks BuildKit's protocols, and writes the result into a directory or a tar:
//
//   dotnet run --project examples/client -- unix:///run/cairn/cairnd.sock CONTEXT DIRECTORY|FILE.tar

if (args.Length != 3)
{
    await Console.Error.WriteLineAsync("usage: ADDRESS CONTEXT DIRECTORY|FILE.tar");
    return 2;
}

(string address, string context, string target) = (args[0], Path.GetFullPath(args[1]), Path.GetFullPath(args[2]));
using var interrupt = new CancellationTokenSource();
Console.CancelKeyPress += (_, key) =>
{
    key.Cancel = true;
    interrupt.Cancel();
};

try
{
    await using BuildClient client = await BuildClient.ConnectAsync(address, new ClientOptions(), interrupt.Token);
    BuildkitVersion version = await client.InfoAsync(interrupt.Token);
    Console.WriteLine($"daemon: {version.Package} {version.Version}");

    bool isTar = target.EndsWith(".tar", StringComparison.Ordinal);
    var export = new BuildExport(
        isTar ? "tar" : "local",
        new Dictionary<string, string>(),
        isTar ? new ExportDestination { File = target } : new ExportDestination { Directory = target });
    await using RunningBuild build = await client.BuildAsync(
        new BuildOptions
        {
            Frontend = "dockerfile.v0",
            Exports = [export],
            Session = new SessionOptions
            {
                SharedKey = context,   // the next build of this directory sends only what has changed
                Directories = new Dictionary<string, LocalDirectory> { ["context"] = new(context), ["dockerfile"] = new(context) },
                Credentials = DockerConfig.Default().GetAsync,
            },
        },
        interrupt.Token);

    var names = new Dictionary<string, string>();
    await foreach (StatusResponse news in build.ReadStatusAsync(interrupt.Token))
    {
        foreach (Vertex vertex in news.Vertexes.Where(v => v.Started is not null && names.TryAdd(v.Digest, v.Name)))
        {
            Console.WriteLine($"- {vertex.Name}{(vertex.Cached ? " (cached)" : "")}");
        }

        foreach (VertexLog log in news.Logs)
        {
            Console.Write(log.Msg.ToStringUtf8());
        }
    }

    BuildOutcome outcome = await build.Outcome;
    foreach ((string key, string value) in outcome.Response)
    {
        Console.WriteLine($"{key}: {value}");
    }

    return 0;
}
catch (BuildException e)
{
    foreach (SourceLocation source in e.Sources)
    {
        string[] lines = Encoding.UTF8.GetString(source.Content.Span).Split('\n');
        foreach (SourceRange range in source.Ranges.Where(r => r.StartLine >= 1 && r.StartLine <= lines.Length))
        {
            await Console.Error.WriteLineAsync($"{source.FileName}:{range.StartLine}: {lines[range.StartLine - 1]}");
        }
    }

    await Console.Error.WriteLineAsync($"failed: {e.Message}");
    return 1;
}
catch (OperationCanceledException)
{
    await Console.Error.WriteLineAsync("cancelled");
    return 130;
}
