using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Cairn.Solver.History;
using Xunit;

namespace Cairn.Integration.Tests.Explain;

/// <summary>Causes that lie in the store or beyond this machine, planted one by one.</summary>
public sealed class MovedSourceTests : IAsyncDisposable
{
    private readonly ExplainBench _bench = new();
    private readonly Names _names = new(Random.Shared.Next());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _bench.DisposeAsync();

    [Fact]
    public async Task A_moved_image_is_named_with_both_digests_and_another_image_is_not_taken_for_it()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync(_bench.Workspace, Token);
        string name = $"{registry.Host}/{_names.Word()}:latest", other = $"{registry.Host}/{_names.Word()}:latest", word = _names.Word();
        await PushAsync(name, "one");
        await PushAsync(other, "three");
        var pull = new Dictionary<string, string> { ["image-resolve-mode"] = "pull" };
        var variant = new Variant($"FROM {name}\nRUN echo {word}\n") { Options = pull };
        await _bench.BuildAsync("image", variant);
        string before = await DigestAsync(name);
        await PushAsync(name, "two");
        BuildRecord moved = await _bench.BuildAsync("image", variant);
        ExplainTests.Compare(
            "moved image", $"RUN echo {word}", new { kind = "image", subject = name, old = before, @new = await DigestAsync(name) },
            [$"RUN echo {word}", $"FROM {name}"], WithoutPins(_bench.Explain(moved, $"RUN echo {word}")));

        BuildRecord replaced = await _bench.BuildAsync("image", variant with { Dockerfile = $"FROM {other}\nRUN echo {word}\n" });
        JsonObject answer = _bench.Explain(replaced, $"RUN echo {word}");
        Assert.Equal(("instruction", "source"), (answer["cause"]!["kind"]!.GetValue<string>(), answer["cause"]!["field"]!.GetValue<string>()));
        Assert.Contains(other, answer["cause"]!["new"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_moved_commit_is_named_with_both_and_another_ref_is_not_taken_for_it()
    {
        await using GitServer server = await GitServer.StartAsync(_bench.Workspace.In("git"), Token);
        string repository = _names.Word() + ".git", branch = _names.Word();
        string old = await server.CommitAsync(repository, _names.Text());
        var variant = new Variant($"FROM scratch\nADD git://{server.Host}/{repository}#main /d/\n");
        await _bench.BuildAsync("git", variant);
        string now = await server.CommitAsync(repository, _names.Text());
        ExplainTests.Compare(
            "moved commit", "ADD", new { kind = "git", subject = $"{server.Host}/{repository}#main", old, @new = now }, null,
            WithoutPath(_bench.Explain(await _bench.BuildAsync("git", variant), "ADD")));

        (await CairnProgram.ExecAsync("git", "-C", Path.Combine(_bench.Workspace.In("git"), repository), "branch", branch, old)).Succeeded();
        BuildRecord other = await _bench.BuildAsync("git", new Variant($"FROM scratch\nADD git://{server.Host}/{repository}#{branch} /d/\n"));
        JsonObject answer = _bench.Explain(other, "ADD");
        Assert.True(answer["cause"] is null || answer["cause"]!["kind"]!.GetValue<string>() == "instruction", answer.ToJsonString());
    }

    [Fact]
    public async Task Another_platform_is_named_and_another_image_is_not_taken_for_it()
    {
        await using RegistryServer registry = await RegistryServer.StartAsync(_bench.Workspace, Token);
        string name = $"{registry.Host}/{_names.Word()}:latest", other = $"{registry.Host}/{_names.Word()}:latest", file = _names.Word();
        foreach (string image in new[] { name, other })
        {
            string context = _bench.Workspace.Context("platforms", $"FROM scratch\nARG TARGETARCH\nCOPY <<END /$TARGETARCH\n{_names.Word()}\nEND\n");
            (await Workspace.BuildInAsync(
                _bench.Workspace.In("elsewhere"), ["--platform", "linux/amd64,linux/arm64", "-t", image, "--push", context])).Succeeded();
        }

        Variant On(string image, string platform) => new($"FROM {image}\nCOPY {file} /\n")
        {
            Files = root => MissCases.Put(root, file, "text"),
            Options = new Dictionary<string, string> { ["platform"] = platform },
        };
        await _bench.BuildAsync("platform", On(name, "linux/amd64"));
        JsonObject answer = _bench.Explain(await _bench.BuildAsync("platform", On(name, "linux/arm64")), $"COPY {file}");
        ExplainTests.Compare(
            "platform", $"COPY {file}", new { kind = "platform", old = "linux/amd64", @new = "linux/arm64" },
            [$"COPY {file} /", $"FROM {name}"], WithoutPins(answer));

        JsonObject replaced = _bench.Explain(await _bench.BuildAsync("platform", On(other, "linux/arm64")), $"COPY {file}");
        Assert.NotEqual("platform", replaced["cause"]!["kind"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_removed_result_is_told_from_an_import_that_could_not_be_read()
    {
        string word = _names.Word(), import = "registry:" + _names.Word(), fault = _names.Text();
        var variant = new Variant(MissCases.Dockerfile($"RUN echo {word} > /file")) { Imports = [new PlantedImport(import, null)] };
        await _bench.BuildAsync("imports", variant);
        await _bench.Solver.Store.PruneAsync(new Solver.PruneRequest { All = true }, null, Token);
        JsonObject removed = _bench.Explain(await _bench.BuildAsync("imports", variant), $"RUN echo {word}");
        removed["cause"]!.AsObject().Remove("subject");
        ExplainTests.Compare("removed", $"RUN echo {word}", new { kind = "evicted", rule = "prune --all" }, null, removed);

        await _bench.Solver.Store.PruneAsync(new Solver.PruneRequest { All = true }, null, Token);
        ExplainTests.Compare(
            "import", $"RUN echo {word}", new { kind = "import-failed", subject = import, detail = fault }, null,
            _bench.Explain(await _bench.BuildAsync("imports", variant with { Imports = [new PlantedImport(import, fault)] }), $"RUN echo {word}"));
    }

    [Fact]
    public async Task A_changed_download_is_named_with_its_url_and_both_digests()
    {
        using var server = new HttpListener();
        int port = FreePort();
        server.Prefixes.Add(FormattableString.Invariant($"http://127.0.0.1:{port}/"));
        server.Start();
        string a = _names.Word(), b = _names.Word();
        Dictionary<string, string> bodies = new() { ["/" + a] = _names.Text(), ["/" + b] = _names.Text() };
        Task serving = ServeAsync(server, bodies);
        string url = FormattableString.Invariant($"http://127.0.0.1:{port}/{a}"), second = FormattableString.Invariant($"http://127.0.0.1:{port}/{b}");
        var variant = new Variant($"FROM scratch\nADD {url} {second} /d/\n");
        await _bench.BuildAsync("http", variant);
        string old = Sha(bodies["/" + a]), oldSecond = Sha(bodies["/" + b]);
        bodies["/" + a] = _names.Text();
        ExplainTests.Compare(
            "changed download", "ADD", new { kind = "http", subject = url, old, @new = Sha(bodies["/" + a]) }, null,
            WithoutPath(_bench.Explain(await _bench.BuildAsync("http", variant), "ADD")));

        bodies["/" + b] = _names.Text();
        ExplainTests.Compare(
            "other download", "ADD", new { kind = "http", subject = second, old = oldSecond, @new = Sha(bodies["/" + b]) }, null,
            WithoutPath(_bench.Explain(await _bench.BuildAsync("http", variant), "ADD")));
        server.Stop();
        await serving;
    }

    [Fact]
    public async Task A_removed_result_is_named_with_rule_and_time_and_the_ceiling_is_told_from_a_prune()
    {
        string word = _names.Word();
        var variant = new Variant(MissCases.Dockerfile($"RUN echo {word} > /file"));
        await _bench.BuildAsync("evicted", variant);
        await _bench.Solver.Store.PruneAsync(new Solver.PruneRequest { All = true }, null, Token);
        JsonObject answer = _bench.Explain(await _bench.BuildAsync("evicted", variant), $"RUN echo {word}");
        answer["cause"]!.AsObject().Remove("subject");
        ExplainTests.Compare("pruned", $"RUN echo {word}", new { kind = "evicted", rule = "prune --all" }, null, answer);

        await _bench.ReopenAsync(maxUsedSpace: 1);
        await _bench.BuildAsync("evicted", variant);
        await _bench.ReopenAsync(maxUsedSpace: null);
        JsonObject ceiling = _bench.Explain(await _bench.BuildAsync("evicted", variant), $"RUN echo {word}");
        ceiling["cause"]!.AsObject().Remove("subject");
        ExplainTests.Compare("ceiling", $"RUN echo {word}", new { kind = "evicted", rule = "ceiling" }, null, ceiling);
    }

    [Fact]
    public async Task A_result_whose_bytes_are_gone_is_told_from_one_that_was_removed()
    {
        string word = _names.Word();
        string lines = MissCases.Dockerfile($"RUN echo {word} > /file");
        await _bench.BuildAsync("lost", new Variant(lines));
        await _bench.ReopenAsync(maxUsedSpace: null);
        foreach (string layer in Directory.GetDirectories(Path.Combine(_bench.Root, "layers")))
        {
            Directory.Delete(layer, recursive: true);
        }

        JsonObject answer = _bench.Explain(await _bench.BuildAsync("lost", new Variant(lines + $"RUN cat /file\n")), $"RUN echo {word}");
        Assert.Equal("lost", answer["cause"]!["kind"]!.GetValue<string>());
        Assert.NotEqual("", answer["cause"]!["subject"]!.GetValue<string>());
    }

    private static JsonObject WithoutPath(JsonObject answer)
    {
        answer["path"] = new JsonArray(answer["step"]!.DeepClone());
        return answer;
    }

    // The frontend writes the resolved digest into the name of the step.
    private static JsonObject WithoutPins(JsonObject answer)
    {
        foreach (JsonNode? step in answer["path"]!.AsArray())
        {
            string name = step!["name"]!.GetValue<string>();
            int at = name.IndexOf("@sha256:", StringComparison.Ordinal);
            step["name"] = at < 0 ? name : name[..at];
        }

        return answer;
    }

    private async Task PushAsync(string name, string text)
    {
        string context = _bench.Workspace.Context("base", $"{Shell.Stage}RUN echo {text} > /text\n");
        (await Workspace.BuildInAsync(_bench.Workspace.In("elsewhere"), ["-t", name, "--push", context])).Succeeded();
    }

    private static async Task<string> DigestAsync(string name) =>
        (await CairnProgram.ExecAsync("skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", $"docker://{name}")).Succeeded().Output.Trim();

    private static async Task ServeAsync(HttpListener server, Dictionary<string, string> bodies)
    {
        while (server.IsListening)
        {
            try
            {
                HttpListenerContext request = await server.GetContextAsync();
                await request.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(bodies[request.Request.RawUrl!]));
                request.Response.Close();
            }
            catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private static string Sha(string text) => Cairn.Llb.Digest.Sha256(Encoding.UTF8.GetBytes(text)).ToString();

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
