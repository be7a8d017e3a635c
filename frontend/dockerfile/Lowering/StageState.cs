using Cairn.Frontend.Dockerfile.Contexts;
using Cairn.Frontend.Dockerfile.Expansion;
using Cairn.Frontend.Dockerfile.Graphs;
using Cairn.Frontend.Dockerfile.Images;
using Cairn.Frontend.Dockerfile.Instructions;
using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>A stage while it is lowered for one platform; owned by the lowering of that platform.</summary>
internal sealed class StageState
{
    /// <summary>The FROM with its instructions; null for an image or context that an instruction names directly.</summary>
    public Stage? Stage { get; init; }

    /// <summary>Place in the file; -1 when <see cref="Stage"/> is null.</summary>
    public int Index { get; init; } = -1;

    /// <summary>What it starts from, expanded.</summary>
    public required string BaseName { get; init; }

    /// <summary>The earlier stage it starts from.</summary>
    public StageState? Base { get; init; }

    /// <summary>A context given by name that stands in for it or its base: the name and the value.</summary>
    public (string Name, string Value)? Named { get; init; }

    /// <summary>Its own name has a context: its instructions are skipped.</summary>
    public bool IsReplaced { get; init; }

    public required Platform Platform { get; set; }

    /// <summary>The name in messages: its own, or <c>stage-N</c>.</summary>
    public string Name => Stage?.Name ?? (Index >= 0 ? $"stage-{Index}" : BaseName);

    /// <summary>The name in step names; null where there is only one stage.</summary>
    public string? ShownName { get; init; }

    /// <summary>Steps are run again.</summary>
    public bool IgnoresCache { get; init; }

    public List<StageCommand> Commands { get; set; } = [];
    public Progress Progress { get; set; }

    public ImageConfig Image { get; set; } = new();
    public byte[]? BaseConfig { get; set; }

    /// <summary>The file system so far; null is scratch.</summary>
    public GraphEdge? Tree { get; set; }

    public VariableList Variables { get; set; } = VariableList.Empty;
    public string WorkingDirectory { get; set; } = "/";
    public bool HasWorkingDirectory { get; set; }
    public string User { get; set; } = "";
    public List<KeyValue> Arguments { get; set; } = [];
    public bool HasCommand { get; set; }

    /// <summary>Steps in all: zero shows no counter.</summary>
    public int StepCount { get; set; }
    public int StepIndex { get; set; }

    /// <summary>The file system for copying some of it.</summary>
    public ContextTree AsContext() => new(Tree, Tree?.Node as LocalNode);

    /// <summary>The file system for building on it: all of it is wanted.</summary>
    public GraphEdge? TakeTree()
    {
        (Tree?.Node as LocalNode)?.Use("/");
        return Tree;
    }
}
