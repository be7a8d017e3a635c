using Cairn.Llb;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Jobs;

/// <summary>What a build may do beyond running in a sandbox.</summary>
/// <remarks>Source: control-and-status.md, section 3.</remarks>
internal sealed class Entitlements
{
    private const string NetworkHost = "network.host";
    private const string SecurityInsecure = "security.insecure";
    private const string Device = "device";
    private const string HostRemedy = "--allow network.host";
    private const string InsecureRemedy = "--allow security.insecure";

    private readonly HashSet<string> _granted;

    private Entitlements(HashSet<string> granted) => _granted = granted;

    /// <summary>Reads what the client grants, as far as the engine allows it.</summary>
    /// <exception cref="BuildException">Input: an unknown word, or one that the engine does not allow.</exception>
    public static Entitlements Read(IReadOnlyList<string> granted, IReadOnlyList<string> allowed)
    {
        var words = new HashSet<string>(StringComparer.Ordinal);
        foreach (string text in granted)
        {
            string word = text.StartsWith(Device + "=", StringComparison.Ordinal) ? Device : text;
            if (word is not (NetworkHost or SecurityInsecure or Device))
            {
                throw new BuildException(ErrorKind.Input, string.Empty, string.Empty, $"unknown entitlement {text}");
            }

            if (!allowed.Contains(word, StringComparer.Ordinal))
            {
                throw new BuildException(
                    ErrorKind.Environment, string.Empty, string.Empty,
                    $"granting entitlement {text} is not allowed by build daemon configuration");
            }

            words.Add(word);
        }

        return new Entitlements(words);
    }

    /// <summary>Refuses a graph that needs what was not granted.</summary>
    public void Check(LlbGraph graph)
    {
        foreach (Vertex vertex in graph.Vertices)
        {
            if (vertex.Op.Exec is not { } exec)
            {
                continue;
            }

            if (exec.Network == NetMode.Host)
            {
                Require(NetworkHost, HostRemedy, vertex);
            }

            if (exec.Security == SecurityMode.Insecure)
            {
                Require(SecurityInsecure, InsecureRemedy, vertex);
            }
        }
    }

    /// <summary>Refuses a process that needs what was not granted.</summary>
    public void Check(NetMode network, SecurityMode security)
    {
        if (network == NetMode.Host && !_granted.Contains(NetworkHost))
        {
            throw Refusal(NetworkHost, HostRemedy, "start", "process");
        }

        if (security == SecurityMode.Insecure && !_granted.Contains(SecurityInsecure))
        {
            throw Refusal(SecurityInsecure, InsecureRemedy, "start", "process");
        }
    }

    private static BuildException Refusal(string word, string remedy, string doing, string subject) =>
        new(ErrorKind.Input, doing, subject, $"{word} is not allowed", $"Grant it with {remedy} if the build is to be trusted that far.");

    private void Require(string word, string remedy, Vertex vertex)
    {
        if (!_granted.Contains(word))
        {
            throw VertexError.Of(Refusal(word, remedy, "load", "LLB"), vertex);
        }
    }
}
