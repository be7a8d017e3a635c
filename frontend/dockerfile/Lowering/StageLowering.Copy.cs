using System.Text;
using System.Text.RegularExpressions;
using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Frontend.Dockerfile.Parsing;
using Cairn.Llb;
using Cairn.Llb.Matching;
using Google.Protobuf;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>COPY and ADD.</summary>
internal sealed partial class StageLowering
{
    private const int DocumentMode = 0b110_100_100;
    private const int HighestMode = 0b111_111_111_111;

    private void LowerCopy(CopyInstruction copy, StageState? source)
    {
        CopySources sources = ExpandSources(copy.Sources);
        foreach (string path in sources.Paths)
        {
            if (HttpSource.IsAddress(path))
            {
                throw new SyntaxFault("source can't be a URL for COPY");
            }
            if (GitReference.TryParse(path, isContext: false) is not null)
            {
                throw new SyntaxFault("source can't be a git ref for COPY");
            }
        }
        ContextTree from = source?.AsContext() ?? _context;
        if (source is null)
        {
            ReportIgnored(sources.Paths, "Copy");
        }
        CopyPlan plan = PlanCopy(copy.Flags, sources, copy.Parents);
        var steps = new List<FileStep>();
        foreach (string path in sources.Paths)
        {
            from.Use(path);
            steps.Add(new FileStep(new Pb.FileAction { Copy = LocalCopy(plan, path, copy.Parents, unpack: false) }, from.Tree));
        }
        AddDocuments(steps, plan, sources.Documents);
        Apply(plan, steps);
    }

    private void LowerAdd(AddInstruction add)
    {
        CopySources sources = ExpandSources(add.Sources);
        string? checksum = add.Checksum is { } written ? Expand(written) : null;
        if (checksum is not null && sources.Paths.Count + sources.Documents.Count != 1)
        {
            throw new SyntaxFault("checksum can't be specified for multiple sources");
        }
        CopyPlan plan = PlanCopy(add.Flags, sources, parents: false);
        var steps = new List<FileStep>();
        var local = new List<string>();
        foreach (string path in sources.Paths)
        {
            if (GitReference.TryParse(path, isContext: false) is { } repository)
            {
                steps.Add(AddRepository(add, plan, repository, checksum));
            }
            else if (HttpSource.IsAddress(path))
            {
                steps.Add(AddDownload(add, plan, path, checksum));
            }
            else
            {
                if (checksum is not null)
                {
                    throw new SyntaxFault("checksum requires HTTP(S) or Git sources");
                }
                local.Add(path);
                _context.Use(path);
                Pb.FileActionCopy copy = LocalCopy(plan, path, parents: false, unpack: add.Unpack ?? true);
                steps.Add(new FileStep(new Pb.FileAction { Copy = copy }, _context.Tree));
            }
        }
        ReportIgnored(local, "Add");
        AddDocuments(steps, plan, sources.Documents);
        Apply(plan, steps);
    }

    private CopySources ExpandSources(CopySources sources)
    {
        WordExpander expander = Expander();
        var documents = sources.Documents.Select(document => document with
        {
            Content = document.Expand
                ? WordExpander.ExpandDocument(document.Text, _stage.Variables, ReportUnknown)
                : document.Text,
            Chomp = false,
        });
        return new CopySources(
            [.. sources.Paths.Select(path => expander.Expand(path, _stage.Variables))],
            [.. documents],
            expander.Expand(sources.Destination, _stage.Variables));
    }

    private CopyPlan PlanCopy(CopyFlags flags, CopySources sources, bool parents)
    {
        string? owner = flags.Owner is { Length: > 0 } o ? Expand(o) : null;
        string? mode = flags.Mode is { Length: > 0 } m ? Expand(m) : null;
        (int bits, string symbolic) = ParseMode(mode);
        var createdBy = new StringBuilder(_current.Name);
        createdBy.Append(parents ? " --parents" : "");
        createdBy.Append(owner is null ? "" : $" --chown={owner}");
        createdBy.Append(mode is null ? "" : $" --chmod={mode}");
        foreach (string source in sources.Paths.Concat(sources.Documents.Select(document => $"<<{document.Name}")))
        {
            createdBy.Append(' ').Append(source);
        }
        createdBy.Append(' ').Append(sources.Destination).Append(" # buildkit");
        string shown = ShownText(new WordExpander(_request.Escape), _stage.Variables);
        return new CopyPlan
        {
            Destination = Destination(sources.Destination),
            Owner = Ownership.Parse(owner),
            Mode = bits,
            SymbolicMode = symbolic,
            Exclude = flags.Exclude,
            IsLink = flags.Link && mode is null,
            CreatedBy = createdBy.ToString(),
            Shown = shown,
            StepName = NextStep(shown),
        };
    }

    private static (int Bits, string Symbolic) ParseMode(string? mode)
    {
        if (mode is null)
        {
            return (-1, "");
        }
        if (!mode.All(char.IsAsciiDigit))
        {
            return SymbolicMode().IsMatch(mode)
                ? (0, mode)
                : throw new SyntaxFault($"invalid chmod parameter: '{mode}'. it should be octal string and between 0 and 07777");
        }
        int bits = 0;
        foreach (char c in mode)
        {
            bits = c <= '7' && bits <= HighestMode ? (bits * 8) + (c - '0') : HighestMode + 1;
        }
        return bits <= HighestMode
            ? (bits, "")
            : throw new SyntaxFault($"invalid chmod parameter: '{mode}'. it should be octal string and between 0 and 07777");
    }

    private string Destination(string written)
    {
        string path = written.StartsWith('/') ? UnixPath.Join("/", written) : UnixPath.Join("/", _stage.WorkingDirectory, written);
        bool isDirectory = written is "." or "" || written.EndsWith('/') || written.EndsWith("/.", StringComparison.Ordinal);
        return isDirectory && path != "/" ? path + "/" : path;
    }

    private static Pb.FileActionCopy LocalCopy(CopyPlan plan, string path, bool parents, bool unpack)
    {
        Pb.FileActionCopy copy = plan.NewCopy();
        copy.FollowSymlink = true;
        copy.DirCopyContents = true;
        copy.AllowWildcard = true;
        copy.AllowEmptyWildcard = true;
        copy.AttemptUnpackDockerCompatibility = unpack;
        copy.ExcludePatterns.Add(plan.Exclude);
        copy.Src = UnixPath.Join("/", path);
        if (parents)
        {
            const string Pivot = "/./";
            int pivot = path.IndexOf(Pivot, StringComparison.Ordinal);
            string root = pivot < 0 ? "/" : path[..pivot];
            string pattern = UnixPath.Join("/", pivot < 0 ? path : path[(pivot + Pivot.Length)..]);
            copy.Src = UnixPath.Join("/", root);
            if (pattern != "/")
            {
                copy.IncludePatterns.Add(pattern[1..]);
            }
            if (!GoPathMatch.HasWildcard(root) && !GoPathMatch.HasWildcard(pattern))
            {
                copy.RequiredPaths.Add(UnixPath.Join(copy.Src, pattern));
            }
        }
        return copy;
    }

    private static void AddDocuments(List<FileStep> steps, CopyPlan plan, IReadOnlyList<Heredoc> documents)
    {
        foreach (Heredoc document in documents)
        {
            var mkfile = new Pb.FileActionMkFile
            {
                Path = UnixPath.Join("/", document.Name), Mode = DocumentMode, Data = ByteString.CopyFromUtf8(document.Content), Timestamp = -1,
            };
            NodeNotes notes = NodeNotes.Named("[internal] preparing inline document");
            var node = new FileNode(null, [new FileStep(new Pb.FileAction { Mkfile = mkfile }, null)], notes);
            Pb.FileActionCopy copy = plan.NewCopy();
            copy.Src = mkfile.Path;
            steps.Add(new FileStep(new Pb.FileAction { Copy = copy }, GraphEdge.Of(node)));
        }
    }

    private static FileStep AddRepository(AddInstruction add, CopyPlan plan, GitReference repository, string? checksum)
    {
        if (add.KeepGitDirectory is { } flag && repository.KeepGitDirectory is { } query && flag != query)
        {
            throw new SyntaxFault("conflicting values for keep-git-dir in flag and URL");
        }
        if (checksum is not null && repository.Checksum is { } asked && asked != checksum)
        {
            throw new SyntaxFault($"checksum mismatch between flag and URL: {checksum} and {asked}");
        }
        bool keep = add.KeepGitDirectory ?? repository.KeepGitDirectory ?? false;
        SourceNode node = GitSource.Create(repository, keep, checksum ?? repository.Checksum, NodeNotes.Named(plan.StepName));
        Pb.FileActionCopy copy = plan.NewCopy();
        copy.Src = "/";
        copy.ExcludePatterns.Add(plan.Exclude);
        return new FileStep(new Pb.FileAction { Copy = copy }, GraphEdge.Of(node));
    }

    private static FileStep AddDownload(AddInstruction add, CopyPlan plan, string address, string? checksum)
    {
        if (checksum is not null && !Digest.TryParse(checksum, out _))
        {
            throw new SyntaxFault($"invalid checksum \"{checksum}\"");
        }
        if (!Uri.TryCreate(address, UriKind.Absolute, out Uri? uri))
        {
            throw new SyntaxFault($"invalid URL \"{address}\"");
        }
        string name = Uri.UnescapeDataString(uri.AbsolutePath[(uri.AbsolutePath.LastIndexOf('/') + 1)..]);
        name = name is "" or "." or ".." || name.Contains('/', StringComparison.Ordinal) ? "__unnamed__" : name;
        NodeNotes notes = NodeNotes.Named(plan.StepName) with { Command = "" };
        SourceNode node = HttpSource.Create(address, name, checksum, notes);
        Pb.FileActionCopy copy = plan.NewCopy();
        copy.Src = UnixPath.Join("/", name);
        copy.AttemptUnpackDockerCompatibility = add.Unpack ?? false;
        return new FileStep(new Pb.FileAction { Copy = copy }, GraphEdge.Of(node));
    }

    private void Apply(CopyPlan plan, List<FileStep> steps)
    {
        var notes = new NodeNotes { Name = plan.StepName, Lines = _current.Text.Lines, IgnoreCache = _stage.IgnoresCache };
        if (plan.IsLink)
        {
            string group = ProgressGroupId(plan.StepName);
            Pb.ProgressGroup Group(bool weak) => new() { Id = group, Name = plan.StepName, Weak = weak };

            GraphEdge layer = GraphEdge.Of(new FileNode(null, steps, notes with { ProgressGroup = Group(weak: true) }));
            _stage.StepIndex--;   // copy and link are one step
            string name = NextStep($"LINK {plan.Shown}");
            _stage.Tree = _stage.TakeTree() is { } below
                ? GraphEdge.Of(new MergeNode([below, layer], notes with { Name = name, ProgressGroup = Group(weak: false) }))
                : layer;
        }
        else
        {
            _stage.Tree = GraphEdge.Of(new FileNode(_stage.TakeTree(), steps, notes));
        }
        Record(plan.CreatedBy, makesLayer: true);
    }

    /// <summary>The same for the same step of the same session, and for no other: clients fold by it.</summary>
    private string ProgressGroupId(string step)
    {
        string text = $"{_request.Host.SessionId}\n{_request.TargetPlatform.Format()}\n{_stage.Index}\n{_stage.StepIndex}\n{step}";
        return Digest.Sha256(Encoding.UTF8.GetBytes(text)).Hex[..25];
    }

    [GeneratedRegex(@"\A[ugoa]*([+=-]([rwxXst]*|[ugo]))+(,[ugoa]*([+=-]([rwxXst]*|[ugo]))+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex SymbolicMode();
}
