using Cairn.Llb;
using Cairn.Protos.Pb;
using Google.Protobuf;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>Puts a definition together op by op.</summary>
internal sealed class TestDefinition
{
    private readonly Definition _definition = new();

    public string Source(string name) => Add(new Op { Source = new SourceOp { Identifier = $"test://{name}" } });

    public string Merge(params string[] inputs)
    {
        var merge = new MergeOp();
        for (int i = 0; i < inputs.Length; i++)
        {
            merge.Inputs.Add(new MergeInput { Input = i });
        }

        return Add(new Op { Merge = merge }, inputs);
    }

    public string Passthrough(string id, string input) => Add(new Op { Passthrough = new PassthroughOp { Id = id, Outputs = { 0 } } }, input);

    /// <summary>Makes a file on an input, or on scratch.</summary>
    public string Make(string path, string data, params string[] below)
    {
        var make = new FileAction
        {
            Input = below.Length > 0 ? 0 : -1,
            SecondaryInput = -1,
            Output = 0,
            Mkfile = new FileActionMkFile { Path = path, Data = ByteString.CopyFromUtf8(data), Mode = 0b110_100_100, Timestamp = -1 },
        };
        return Add(new Op { File = new FileOp { Actions = { make } } }, below);
    }

    /// <summary>Copies a file onto scratch.</summary>
    public string Copy(string from, string source, string destination)
    {
        var copy = new FileAction
        {
            Input = -1, SecondaryInput = 0, Output = 0, Copy = new FileActionCopy { Src = source, Dest = destination, Mode = -1, Timestamp = -1 },
        };
        return Add(new Op { File = new FileOp { Actions = { copy } } }, from);
    }

    /// <summary>Copies a file onto another input.</summary>
    public string CopyOnto(string below, string from, string source, string destination)
    {
        var copy = new FileAction
        {
            Input = 0, SecondaryInput = 1, Output = 0, Copy = new FileActionCopy { Src = source, Dest = destination, Mode = -1, Timestamp = -1 },
        };
        return Add(new Op { File = new FileOp { Actions = { copy } } }, below, from);
    }

    public void ExportCache(string digest, bool hint) => _definition.Metadata[digest].ExportCache = new ExportCache { Value = hint };

    public string Build(string input) =>
        Add(new Op { Build = new BuildOp { Builder = -1, Inputs = { ["buildkit.llb.definition"] = new BuildInput { Input = 0 } }, Attrs = { ["llbbuild.filename"] = "file" } } }, input);

    public string Run(string root, NetMode network) => Add(
        new Op
        {
            Exec = new ExecOp
            {
                Meta = new Meta { Args = { "true" }, Cwd = "/" },
                Network = network,
                Mounts = { new Mount { Dest = "/", Input = 0, Output = 0 } },
            },
        },
        root);

    public void IgnoreCache(string digest) => _definition.Metadata[digest].IgnoreCache = true;

    public void Locate(string digest, string file, int line)
    {
        _definition.Source ??= new Source();
        _definition.Source.Infos.Add(new SourceInfo { Filename = file, Data = ByteString.CopyFromUtf8("FROM test\n") });
        _definition.Source.Locations[digest] = new Locations
        {
            Locations_ = { new Location { SourceIndex = 0, Ranges = { new Cairn.Protos.Pb.Range { Start = new Position { Line = line }, End = new Position { Line = line } } } } },
        };
    }

    public Definition End(string digest)
    {
        _definition.Def.Add(new Op { Inputs = { new Input { Digest = digest } } }.ToByteString());
        return _definition;
    }

    private string Add(Op op, params string[] inputs)
    {
        foreach (string input in inputs)
        {
            op.Inputs.Add(new Input { Digest = input });
        }

        byte[] bytes = op.ToByteArray();
        string digest = Digest.Sha256(bytes).ToString();
        _definition.Def.Add(ByteString.CopyFrom(bytes));
        _definition.Metadata[digest] = new OpMetadata();
        return digest;
    }
}
