using System.Diagnostics;
using System.Text;
using Cairn.Llb.Building;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;
using Google.Protobuf;
using Xunit;

namespace Cairn.Llb.Tests;

public class GraphTests
{
    public static TheoryData<string> Definitions => [.. Golden.AllDefinitionFiles()];

    private static SourceOp Scratchy => new() { Identifier = "local://x" };

    [Theory]
    [MemberData(nameof(Definitions))]
    public void A_definition_of_the_reference_client_is_loaded_with_its_digests(string name)
    {
        Definition definition = Definition.Parser.ParseFrom(Golden.Bytes(name));

        LlbGraph graph = LlbGraph.Load(definition);

        Assert.Equal(
            definition.Def.SkipLast(1).Select(op => Digest.Sha256(op.Span)).Order(), graph.Vertices.Select(vertex => vertex.Digest).Order());
        Assert.Equal(definition.Def.Count == 0, graph.Terminal is null);
        foreach (Vertex vertex in graph.Vertices)
        {
            Assert.Equal(vertex.Op.Inputs.Select(input => $"{input.Digest}:{input.Index}"), vertex.Inputs.Select(edge => edge.ToString()));
            Assert.Equal(vertex.Digest, vertex.ClientDigest);
        }
    }

    [Fact]
    public void The_head_is_the_one_in_the_index()
    {
        foreach (System.Text.Json.JsonElement entry in Golden.Index().EnumerateArray())
        {
            Edge? head = LlbGraph.Load(Golden.Definition(entry.GetProperty("name").GetString()!)).Terminal;
            Assert.Equal(entry.GetProperty("head_vertex_digest").GetString(), head?.Vertex.Digest.ToString() ?? "");
            Assert.Equal(entry.GetProperty("head_output_index").GetInt32(), head?.OutputIndex ?? 0);
        }
    }

    [Theory]
    [InlineData("image-simple", "docker-image://docker.io/library/busybox:latest")]
    [InlineData("exec-exit-codes", "sh -c exit 3")]
    [InlineData("file-chain", "mkdir /x, mkfile /x/f, copy /g /x/g, symlink /x/l -> f, rm /x/f")]
    [InlineData("merge-two", "merge (mkfile /a, mkfile /b)")]
    [InlineData("merge-nested", "merge (merge (mkfile /a, mkfile /b), mkfile /c, docker-image://docker.io/library/busybox:latest)")]
    [InlineData("diff-scratch-upper", "diff (mkfile /a) -> (scratch)")]
    [InlineData("requires", "passthrough dep")]
    [InlineData("merge-named", "joined")]
    public void A_vertex_has_the_name_that_clients_show(string definition, string name) =>
        Assert.Equal(name, LlbGraph.Load(Golden.Definition(definition)).Terminal!.Value.Vertex.Name);

    [Fact]
    public void Places_in_source_files_belong_to_vertices()
    {
        LlbGraph graph = LlbGraph.Load(Golden.Definition("source-map"));

        IReadOnlyList<SourceLocation> last = graph.Terminal!.Value.Vertex.Sources;
        Assert.Equal(["Dockerfile", "other.hcl"], last.Select(location => location.FileName));
        Assert.Equal([new SourceRange(2, 0, 2, 8), new SourceRange(3, 0, 3, 9)], last[0].Ranges);
        Assert.Equal("FROM busybox\nRUN true\nRUN false\n", Encoding.UTF8.GetString(last[0].Content.Span));
        Assert.Single(graph.Vertices[0].Sources);
    }

    [Fact]
    public void Ten_thousand_vertices_in_a_chain_are_loaded()
    {
        Definition definition = Chain(10_000);
        LlbGraph graph = LlbGraph.Load(definition);
        double best = Enumerable.Range(0, 5).Min(_ => Time(() => LlbGraph.Load(definition)));

        TestContext.Current.SendDiagnosticMessage($"10,000 vertices in {best:f1} ms");
        Assert.Equal(10_001, graph.Vertices.Count);
    }

    [Fact]
    public void Names_of_shared_inputs_do_not_explode()
    {
        State state = State.Image("busybox");
        for (int i = 0; i < 200; i++)
        {
            state = State.Diff(state, state);
        }

        Assert.Equal(LlbLimits.ComposedNameLength, LlbGraph.Load(state.Marshal()).Terminal!.Value.Vertex.Name.Length);
    }

    [Fact]
    public void The_order_of_ops_does_not_matter_but_the_last_one_is_terminal()
    {
        Definition definition = Definition.Parser.ParseFrom(Golden.Definition("multistage"));
        var shuffled = new Definition { Metadata = { definition.Metadata } };
        shuffled.Def.Add(definition.Def.SkipLast(1).Reverse().Append(definition.Def[^1]));

        Assert.Equal(
            LlbGraph.Load(definition).Vertices.Select(vertex => vertex.Digest),
            LlbGraph.Load(shuffled).Vertices.Select(vertex => vertex.Digest));
    }

    [Fact]
    public void A_platform_is_normalised_without_changing_the_digest()
    {
        var op = new Op { Source = Scratchy, Platform = new Protos.Pb.Platform { OS = "Linux", Architecture = "aarch64", Variant = "v8" } };

        Vertex vertex = LlbGraph.Load(Define(op)).Vertices[0];

        Assert.Equal("linux/arm64", vertex.Platform.ToString());
        Assert.Equal(Digest.Sha256(WireEncoding.Encode(op)), vertex.Digest);
    }

    [Theory]
    [InlineData("git://https://h/p.git#r", "git://h/p.git#r")]
    [InlineData("git://git@h/p.git#a@b", "git://h/p.git#a@b")]
    [InlineData("git://h/p@1", "git://h/p@1")]
    [InlineData("https://user@h/p", "https://user@h/p")]
    [InlineData("docker-image://docker.io/library/busybox:latest", "docker-image://docker.io/library/busybox:latest")]
    public void Identifiers_have_a_normal_form(string identifier, string normal) =>
        Assert.Equal(normal, SourceIdentifier.Normalize(identifier));

    [Fact]
    public void A_rewritten_source_changes_the_digests_above_it_and_only_those()
    {
        State git = State.Git("https://example.com/a.git#main");
        Definition normal = State.Merge(git.Run("x"), State.Image("busybox")).Marshal();
        var written = new Definition();
        Dictionary<string, string> renamed = [];
        foreach (ByteString bytes in normal.Def)
        {
            Op op = Op.Parser.ParseFrom(bytes);
            foreach (Input input in op.Inputs)
            {
                input.Digest = renamed[input.Digest];
            }

            if (op.Source is { } source)
            {
                source.Identifier = source.Identifier.Replace("git://", "git://https://", StringComparison.Ordinal);
            }

            byte[] changed = WireEncoding.Encode(op);
            renamed[Digest.Sha256(bytes.Span).ToString()] = Digest.Sha256(changed).ToString();
            written.Def.Add(ByteString.CopyFrom(changed));
        }

        LlbGraph expected = LlbGraph.Load(normal);
        LlbGraph loaded = LlbGraph.Load(written);

        Assert.Equal(expected.Vertices.Select(vertex => vertex.Digest), loaded.Vertices.Select(vertex => vertex.Digest));
        Assert.Equal(
            [true, true, false, true], loaded.Vertices.Select(vertex => vertex.Digest != vertex.ClientDigest));
        Vertex image = loaded.Vertices[2];
        var replacement = new SourceOp { Identifier = "docker-image://example.com/other:1" };
        LlbGraph replaced = LlbGraph.Load(written, new LoadOptions { Replacements = new Dictionary<Digest, SourceOp> { [image.ClientDigest] = replacement } });
        Assert.Equal(replacement, replaced.Vertices[2].Op.Source);
        Assert.Equal(loaded.Vertices[0].Digest, replaced.Vertices[0].Digest);
        Assert.NotEqual(loaded.Terminal!.Value.Vertex.Digest, replaced.Terminal!.Value.Vertex.Digest);
    }

    [Fact]
    public void Sources_that_become_equal_become_one_vertex()
    {
        var one = new Op { Source = new SourceOp { Identifier = "git://h/p" } };
        var two = new Op { Source = new SourceOp { Identifier = "git://user@h/p" } };
        Op merge = new() { Merge = new MergeOp { Inputs = { new MergeInput(), new MergeInput { Input = 1 } } }, Inputs = { To(one), To(two) } };

        LlbGraph graph = LlbGraph.Load(Define(one, two, merge));

        Assert.Equal(2, graph.Vertices.Count);
        Assert.All(graph.Vertices[1].Op.Inputs, input => Assert.Equal(graph.Vertices[0].Digest.ToString(), input.Digest));
        Assert.Equal(Digest.Sha256(graph.Vertices[1].Bytes.Span), graph.Vertices[1].Digest);
    }

    [Fact]
    public void Runs_behind_the_proxy_have_digests_of_their_own()
    {
        Definition definition = State.Image("busybox").Run("true").Run(new RunOptions { Arguments = ["x"], Network = NetMode.None }).Root.Marshal();

        LlbGraph plain = LlbGraph.Load(definition);
        LlbGraph proxied = LlbGraph.Load(definition, new LoadOptions { ProxyNetwork = true });

        Assert.Equal([false, true, false], proxied.Vertices.Select(vertex => vertex.IsProxied));
        Assert.Equal(plain.Vertices[0].Digest, proxied.Vertices[0].Digest);
        Assert.Equal(
            Digest.Sha256([.. plain.Vertices[1].Bytes.Span, .. "\0buildkit.proxy-network.v0"u8]), proxied.Vertices[1].Digest);
    }

    public static TheoryData<string, string, Op[]> Invalid
    {
        get
        {
            var source = new Op { Source = Scratchy };
            var run = new ExecOp { Meta = new Meta { Args = { "true" } }, Mounts = { new Mount { Dest = "/" } } };
            var mkdir = new FileAction { Input = -1, SecondaryInput = -1, Mkdir = new FileActionMkDir { Path = "/a" } };
            return new TheoryData<string, string, Op[]>
            {
                { "one op", "invalid LLB with 1 vertexes", [] },
                { "unknown digest", "invalid missing input digest sha256:", [new Op { Exec = run, Inputs = { new Input { Digest = Digest.Sha256([]).ToString() } } }] },
                { "no digest", "invalid missing input digest ", [new Op { Exec = run, Inputs = { new Input() } }] },
                { "negative index", "invalid input index -1 of vertex sha256:", [source, new Op { Exec = run, Inputs = { To(source, -1) } }] },
                { "index too large", "has 1 outputs", [source, new Op { Exec = run, Inputs = { To(source, 1) } }] },
                { "no kind", "no operation", [new Op { Constraints = new WorkerConstraints() }] },
                { "no identifier", "invalid empty source identifier", [new Op { Source = new SourceOp() }] },
                { "no meta", "invalid exec op with no meta", [new Op { Exec = new ExecOp() }] },
                { "no args", "invalid exec op with no args", [new Op { Exec = new ExecOp { Meta = new Meta() } }] },
                { "no mounts", "invalid exec op with no mounts", [new Op { Exec = new ExecOp { Meta = run.Meta } }] },
                { "no root", "invalid exec op with no rootfs", [new Op { Exec = new ExecOp { Meta = run.Meta, Mounts = { new Mount { Dest = "/x", Input = -1 } } } }] },
                { "mount of no input", "invalid input of mount / 0: the op has 0 inputs", [new Op { Exec = run }] },
                { "no actions", "invalid file op with no actions", [new Op { File = new FileOp() }] },
                { "unknown action", "invalid file action 0: unknown kind", [new Op { File = new FileOp { Actions = { new FileAction() } } }] },
                { "action out of range", "invalid input 1 of file action 0", [File(Change(mkdir, a => a.Input = 1))] },
                { "own result", "action 0 needs its own result", [File(Change(mkdir, a => a.Input = 0))] },
                { "no output", "no outputs specified", [File(Change(mkdir, a => a.Output = -1))] },
                { "output twice", "duplicate output 0", [File(mkdir, mkdir)] },
                { "output gap", "missing output index 0", [File(Change(mkdir, a => a.Output = 1))] },
                { "builder", "invalid build op with builder 0", [new Op { Build = new BuildOp() }] },
                { "merge input", "invalid merge input 0", [new Op { Merge = new MergeOp { Inputs = { new MergeInput() } } }] },
                { "no lower", "invalid nil lower diff input", [new Op { Diff = new DiffOp() }] },
                { "no upper", "invalid nil upper diff input", [new Op { Diff = new DiffOp { Lower = new LowerDiffInput { Input = -1 } } }] },
                { "passthrough id", "empty id", [new Op { Passthrough = new PassthroughOp() }] },
                { "passthrough outputs", "no outputs", [new Op { Passthrough = new PassthroughOp { Id = "x" } }] },
                { "passthrough range", "invalid passthrough output 0", [new Op { Passthrough = new PassthroughOp { Id = "x", Outputs = { 0 } } }] },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void An_invalid_definition_says_what_is_wrong(string what, string message, Op[] ops)
    {
        Definition definition = ops.Length == 0 ? new Definition { Def = { ByteString.Empty } } : Define(ops);

        BuildException error = Assert.Throws<BuildException>(() => LlbGraph.Load(definition));

        Assert.StartsWith("failed to load LLB: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(ErrorKind.Input, error.Kind);
        Assert.True(what == "one op" || what.EndsWith("digest", StringComparison.Ordinal) || error.Vertex is not null);
    }

    [Fact]
    public void A_terminal_op_is_needed()
    {
        var source = new Op { Source = Scratchy };
        ByteString bytes = ByteString.CopyFrom(WireEncoding.Encode(source));

        Assert.Contains("no inputs", Error(new Definition { Def = { bytes, ByteString.Empty } }), StringComparison.Ordinal);
        Assert.Contains("must be the terminal one", Error(new Definition { Def = { bytes, bytes } }), StringComparison.Ordinal);
        Assert.Contains("not a serialised pb.Op", Error(new Definition { Def = { ByteString.CopyFromUtf8("garbage"), bytes } }), StringComparison.Ordinal);
        Assert.Contains("not a serialised pb.Definition", Assert.Throws<BuildException>(() => LlbGraph.Load("\n\xff"u8)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_capability_is_refused_by_name()
    {
        Definition definition = Define(new Op { Source = Scratchy });
        definition.Metadata[Digest.Sha256(definition.Def[0].Span).ToString()] = new OpMetadata { Caps = { ["source.telepathy"] = true } };

        Assert.Contains("unknown API capability source.telepathy", Error(definition), StringComparison.Ordinal);
    }

    [Fact]
    public void An_oversize_op_is_refused()
    {
        Definition definition = State.Scratch.File(FileActions.None.MakeFile("/big", 0, new byte[LlbLimits.OpBytes])).Marshal();

        Assert.Contains("bytes are more than the 16777216 allowed", Error(definition), StringComparison.Ordinal);
    }

    [Fact]
    public void An_error_carries_vertex_and_place()
    {
        var file = new SourceFile("Dockerfile", "FROM x\n"u8.ToArray());
        Definition definition = State.Scratch.Run(new RunOptions
        {
            Arguments = ["true"],
            Mounts = [RunMount.Bind("/", State.Scratch)],
            Options = new VertexOptions { Marks = [new SourceMark(file, [SourceRange.Lines(1, 1)])] },
        }).Root.Marshal();

        BuildException error = Assert.Throws<BuildException>(() => LlbGraph.Load(definition));

        Assert.Contains("more than one rootfs", error.Message, StringComparison.Ordinal);
        Assert.Equal(Digest.Sha256(definition.Def[0].Span), error.Vertex);
        Assert.Equal("Dockerfile", Assert.Single(error.Sources).FileName);
    }

    [Fact]
    public void A_cycle_is_found()
    {
        int[][] inputs = [[1], [2, 3], [], [0]];

        BuildException error = Assert.Throws<BuildException>(() => InputOrder.From(
            0, item => inputs[item].Length, (item, n) => inputs[item][n], item => throw GraphLoader.Invalid($"cycle at {item}")));

        Assert.Contains("cycle at 0", error.Message, StringComparison.Ordinal);
    }

    private static string Error(Definition definition) => Assert.Throws<BuildException>(() => LlbGraph.Load(definition)).Message;

    private static Definition Define(params Op[] ops)
    {
        var definition = new Definition();
        definition.Def.Add(ops.Append(new Op { Inputs = { To(ops[^1]) } }).Select(op => ByteString.CopyFrom(WireEncoding.Encode(op))));
        return definition;
    }

    private static Input To(Op op, long index = 0) => new() { Digest = Digest.Sha256(WireEncoding.Encode(op)).ToString(), Index = index };

    private static Op File(params FileAction[] actions) => new() { File = new FileOp { Actions = { actions } } };

    private static FileAction Change(FileAction action, Action<FileAction> change)
    {
        FileAction changed = action.Clone();
        change(changed);
        return changed;
    }

    private static Definition Chain(int length)
    {
        State state = State.Image("busybox");
        for (int i = 0; i < length; i++)
        {
            state = state.Run("sh", "-c", $"echo {i}");
        }

        return state.Marshal();
    }

    private static double Time(Action action)
    {
        var watch = Stopwatch.StartNew();
        action();
        return watch.Elapsed.TotalMilliseconds;
    }
}
