using Cairn.Llb;
using Cairn.Protos.Pb;
using Cairn.Snapshotter.Store;

namespace Cairn.Solver.Sources;

/// <summary><c>git://</c>: a checkout of a repository, by the system's git.</summary>
/// <remarks>Source: llb-semantics.md, section 6.6.</remarks>
internal sealed class GitSource(StoreRoot store) : ISource
{
    private static readonly string[] Unsupported =
        ["git.bundle", "git.checkoutbundle", "git.sig.pubkey", "git.sig.rejectexpired", "git.sig.requiresignedtag", "git.sig.ignoresignedtag"];

    public bool Handles(string scheme) => scheme == "git";

    public ISourceInstance Open(SourceOp source, Llb.Platform? platform)
    {
        var attributes = new SourceAttributes(source);
        foreach (string key in Unsupported)
        {
            if (attributes.Text(key) is { } value && value != "false")
            {
                throw attributes.Invalid(key, "it is not supported");
            }
        }

        (string address, string fragment) = Cut(attributes.Rest, '#');
        (string name, string subdirectory) = Cut(fragment, ':');
        string remote = attributes.Text("git.fullurl") ?? "https://" + address;
        if (remote.StartsWith('-') || name.StartsWith('-'))
        {
            throw new BuildException(ErrorKind.Input, "read source", source.Identifier, "neither remote nor ref may begin with a dash");
        }

        if (remote.StartsWith("ssh://", StringComparison.Ordinal) || (!remote.Contains("://", StringComparison.Ordinal) && !remote.StartsWith('/')))
        {
            throw new BuildException(ErrorKind.Input, "read source", source.Identifier, "repositories over ssh are not supported", "Use the https address of the repository.");
        }

        string time = attributes.Text("git.mtime") ?? "checkout";
        if (time is not ("checkout" or "commit"))
        {
            throw attributes.Invalid("git.mtime", $"\"{time}\" is none of checkout, commit");
        }

        return new GitSourceInstance(store, new GitSourceOptions
        {
            Remote = remote,
            Ref = name,
            Subdirectory = UnixPath.Clean("/" + subdirectory)[1..],
            KeepsGitDirectory = attributes.Flag("git.keepgitdir"),
            SkipsSubmodules = attributes.Flag("git.skipsubmodules"),
            UsesCommitTime = time == "commit",
            Checksum = attributes.Text("git.checksum"),
            FetchesByCommit = attributes.Flag("git.fetchbycommit"),
            AuthHeaderSecret = attributes.Text("git.authheadersecret"),
            AuthTokenSecret = attributes.Text("git.authtokensecret"),
        });
    }

    private static (string Before, string After) Cut(string text, char mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
    }
}
