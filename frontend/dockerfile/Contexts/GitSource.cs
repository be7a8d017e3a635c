using Cairn.Frontend.Dockerfile.Graphs;

namespace Cairn.Frontend.Dockerfile.Contexts;

/// <summary>Makes the source of a repository.</summary>
internal static class GitSource
{
    public static SourceNode Create(GitReference reference, bool keepGitDirectory, string? checksum, NodeNotes notes)
    {
        var node = new SourceNode($"git://{reference.Location}{reference.Fragment}", notes);
        node.Capabilities.Add("source.git");
        node.With("git.fullurl", reference.Remote, "source.git.fullurl");
        node.With("git.authheadersecret", "GIT_AUTH_HEADER", null);
        node.With("git.authtokensecret", "GIT_AUTH_TOKEN", null);
        if (reference.IsSsh)
        {
            node.With("git.mountsshsock", "default", "source.git.mountsshsock");
        }
        if (keepGitDirectory)
        {
            node.With("git.keepgitdir", "true", "source.git.keepgitdir");
        }
        if (checksum is not null)
        {
            node.With("git.checksum", checksum, "source.git.checksum");
        }
        if (reference.Submodules == false)
        {
            node.With("git.skipsubmodules", "true", "source.git.skipsubmodules");
        }
        if (reference.FetchByCommit == true)
        {
            node.With("git.fetchbycommit", "true", "source.git.fetchbycommit");
        }
        if (reference.ModificationTimes is { } times)
        {
            node.With("git.mtime", times, "source.git.mtime");
        }
        return node;
    }
}
