using System.Text;
using Cairn.Llb;
using Cairn.Llb.CacheKeys;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Explain;

/// <summary>The first thing of an op's own definition that makes its key another one; what comes from inputs is not looked at.</summary>
internal static partial class OpDifference
{
    private const int MostText = 4096;

    /// <summary>The difference; null if the ops have the same key.</summary>
    public static Cause? Find(Vertex before, Vertex after)
    {
        if (before.Kind != after.Kind)
        {
            return new Cause { Kind = CauseKind.InputReplaced, Old = before.Name, New = after.Name };
        }

        if (after.Kind == Op.OpOneofCase.Source)
        {
            return OfPlatform(before, after) ?? OfSource(before.Op.Source, after.Op.Source);
        }

        if (CacheKeyJson.Document(before) == CacheKeyJson.Document(after) && !SelectorsDiffer(before, after))
        {
            return null;
        }

        if (after.Kind == Op.OpOneofCase.Exec)
        {
            return OfExec(before, after);
        }

        return after.Kind == Op.OpOneofCase.File
            ? OfFile(before.Op.File, after.Op.File) ?? Named(before, after)
            : Named(before, after);
    }

    /// <summary>Whether the ops would have the same key if their inputs had.</summary>
    public static bool IsSame(Vertex before, Vertex after) => Find(before, after) is null;

    // Of the sources only images are made for a platform.
    private static Cause? OfPlatform(Vertex before, Vertex after) =>
        before.Platform == after.Platform || !IsImage(before) || !IsImage(after)
            ? null
            : new Cause { Kind = CauseKind.Platform, Old = before.Platform.ToString(), New = after.Platform.ToString() };

    private static bool IsImage(Vertex vertex) =>
        vertex.Op.Source.Identifier.StartsWith("docker-image://", StringComparison.Ordinal)
        || vertex.Op.Source.Identifier.StartsWith("oci-layout://", StringComparison.Ordinal);

    private static Cause Named(Vertex before, Vertex after) => Text("op", null, before.Name, after.Name);

    private static Cause Text(string field, string? subject, string? before, string? after) => new()
    {
        Kind = CauseKind.Instruction, Field = field, Subject = subject, Old = before, New = after,
    };

    private static Cause? OfSource(SourceOp before, SourceOp after)
    {
        if (before.Identifier != after.Identifier)
        {
            (string Name, string? Digest) old = Split(before.Identifier), now = Split(after.Identifier);
            return old.Name == now.Name && (old.Digest ?? now.Digest) is not null
                ? new Cause { Kind = CauseKind.Image, Subject = now.Name, Old = old.Digest, New = now.Digest }
                : Text("source", null, before.Identifier, after.Identifier);
        }

        // What is taken of a client's directory shows in the files, or does not matter.
        if (after.Identifier.StartsWith("local://", StringComparison.Ordinal))
        {
            return null;
        }

        foreach (string name in before.Attrs.Keys.Union(after.Attrs.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string? old = before.Attrs.TryGetValue(name, out string? a) ? a : null, now = after.Attrs.TryGetValue(name, out string? b) ? b : null;
            if (old != now && !name.Contains("session", StringComparison.Ordinal))
            {
                return Text("source." + name, null, old, now);
            }
        }

        return null;
    }

    // scheme://name@sha256:… ; frontends resolve a name once and ask for the digest then.
    private static (string Name, string? Digest) Split(string identifier)
    {
        int at = identifier.LastIndexOf("@sha256:", StringComparison.Ordinal);
        int scheme = identifier.IndexOf("://", StringComparison.Ordinal);
        string name = at < 0 ? identifier : identifier[..at];
        return (scheme < 0 ? name : name[(scheme + 3)..], at < 0 ? null : identifier[(at + 1)..]);
    }

    // Selectors are keyed with the inputs.
    private static bool SelectorsDiffer(Vertex before, Vertex after) => after.Op.Exec is { } exec && before.Op.Exec is { } old
        && !old.Mounts.Select(static mount => mount.Selector).SequenceEqual(exec.Mounts.Select(static mount => mount.Selector), StringComparer.Ordinal);

    private static Cause? First(params ReadOnlySpan<(string Field, string Old, string New)> fields)
    {
        foreach ((string field, string old, string now) in fields)
        {
            if (old != now)
            {
                return Text(field, null, old, now);
            }
        }

        return null;
    }

    private static string Bytes(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return bytes.Length <= MostText
                ? new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes)
                : $"{bytes.Length} bytes, {Digest.Sha256(bytes)}";
        }
        catch (DecoderFallbackException)
        {
            return $"{bytes.Length} bytes, {Digest.Sha256(bytes)}";
        }
    }
}
