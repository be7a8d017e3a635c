using Cairn.Protos.Pb;

namespace Cairn.Llb;

/// <summary>A build, or a step of it, cannot go on. The message says what was being done, with what, and why it failed.</summary>
public class BuildException : Exception
{
    /// <summary>An error in the words "failed to DOING SUBJECT: REASON".</summary>
    /// <param name="kind">Who can act.</param>
    /// <param name="doing">The action in the imperative ("pull blob"); empty when the reason is the whole message.</param>
    /// <param name="subject">What it was done to: a digest, a path, an image; may be empty.</param>
    /// <param name="reason">Why it failed, without a full stop.</param>
    /// <param name="remedy">What the one who can act may try, in full sentences; null when that is plain.</param>
    /// <param name="inner">The first cause.</param>
    public BuildException(
        ErrorKind kind, string doing, string subject, string reason, string? remedy = null, Exception? inner = null)
        : base(Compose(doing, subject, reason), inner)
    {
        Kind = kind;
        Doing = doing;
        Subject = subject;
        Reason = reason;
        Remedy = remedy;
    }

    /// <summary>The same error with more said about where it happened; the original is kept as the cause, with its stack.</summary>
    /// <param name="original">The error that is told again.</param>
    protected BuildException(BuildException original)
        : base(original?.Message, original)
    {
        ArgumentNullException.ThrowIfNull(original);
        Kind = original.Kind;
        Doing = original.Doing;
        Subject = original.Subject;
        Reason = original.Reason;
        Remedy = original.Remedy;
        Vertex = original.Vertex;
        Sources = original.Sources;
        Op = original.Op;
    }

    /// <summary>Who can act.</summary>
    public ErrorKind Kind { get; }

    /// <summary>The action, in the imperative; may be empty.</summary>
    public string Doing { get; }

    /// <summary>What it was done to; may be empty.</summary>
    public string Subject { get; }

    /// <summary>Why it failed.</summary>
    public string Reason { get; }

    /// <summary>What may help.</summary>
    public string? Remedy { get; }

    /// <summary>The vertex that failed, once an outer layer has said so.</summary>
    public Digest? Vertex { get; private init; }

    /// <summary>What that vertex does, if an outer layer has said so.</summary>
    public Op? Op { get; private init; }

    /// <summary>Places in the source files (a Dockerfile) that the error belongs to, innermost first.</summary>
    public IReadOnlyList<SourceLocation> Sources { get; private init; } = [];

    /// <summary>This error, said of a vertex; the first vertex stays.</summary>
    public BuildException WithVertex(Digest vertex) => Vertex is null ? new BuildException(this) { Vertex = vertex } : this;

    /// <summary>This error, with what its vertex does.</summary>
    public BuildException WithOp(Op op) => new(this) { Op = op };

    /// <summary>This error with one more place in a source file.</summary>
    public BuildException WithSource(SourceLocation source) => new(this) { Sources = [.. Sources, source] };

    private static string Compose(string doing, string subject, string reason)
    {
        if (doing.Length == 0)
        {
            return subject.Length == 0 ? reason : $"{subject}: {reason}";
        }

        return subject.Length == 0 ? $"failed to {doing}: {reason}" : $"failed to {doing} {subject}: {reason}";
    }
}
