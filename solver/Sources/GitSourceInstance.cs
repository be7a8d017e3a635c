using System.Globalization;
using System.Text;
using Cairn.Cache.Refs;
using Cairn.Llb;
using Cairn.Snapshotter.Layers;
using Cairn.Snapshotter.Store;
using Cairn.Snapshotter.Trees;
using Cairn.Solver.Ops;

namespace Cairn.Solver.Sources;

/// <summary>One repository at one ref as a source.</summary>
internal sealed class GitSourceInstance(StoreRoot store, GitSourceOptions options) : ISourceInstance
{
    private GitCommit? _commit;   // what the key was made of

    public async Task<SourceKey> KeyAsync(OpContext context, int index, CancellationToken cancellationToken)
    {
        GitCommit commit = await ResolveAsync(context, cancellationToken);
        var key = new StringBuilder(options.KeepsGitDirectory ? commit.Object : commit.Commit);
        if (options.KeepsGitDirectory)
        {
            key.Append(".git").Append(commit.Ref.Length > 0 ? "#" + commit.Ref : "");
        }

        if (options.Subdirectory.Length > 0)
        {
            key.Append(':').Append(options.Subdirectory);
        }

        key.Append(options.SkipsSubmodules ? "(skip-submodules)" : "").Append(options.UsesCommitTime ? "(mtime=commit)" : "");
        return new SourceKey(key.ToString(), commit.Object, HasMore: false);
    }

    public async Task<ImmutableRef?> SnapshotAsync(OpContext context, CancellationToken cancellationToken)
    {
        GitCommit commit = await ResolveAsync(context, cancellationToken);
        using StagingDirectory work = store.Stage("git");
        GitCommand git = await GitAsync(context, work.Path, cancellationToken);
        StagedLayer layer = context.Services.Snapshotter.Stage();
        try
        {
            string tree = options.Subdirectory.Length > 0 ? Directory.CreateDirectory(Path.Combine(work.Path, "tree")).FullName : layer.Directory;
            long time = await CheckOutAsync(git, tree, commit, cancellationToken);
            if (options.Subdirectory.Length > 0)
            {
                CopySubdirectory(tree, layer, cancellationToken);
            }

            if (options.UsesCommitTime)
            {
                SetTimes(layer.Tree, new FileTimes(time * 1_000_000_000));
            }

            return context.Cache.Refs.Adopt(
                layer, null, new RefDescription($"git snapshot for {options.Remote}#{options.Ref}", RefDescription.GitCheckout));
        }
        catch
        {
            layer.Dispose();
            throw;
        }
    }

    private async Task<GitCommit> ResolveAsync(OpContext context, CancellationToken cancellationToken)
    {
        if (_commit is { } known)
        {
            return known;
        }

        string? exact = GitCommit.IsFullId(options.Ref) ? options.Ref
            : options.FetchesByCommit && options.Checksum is { } checksum && GitCommit.IsFullId(checksum) ? checksum
            : null;
        GitCommit found;
        if (exact is not null)
        {
            found = new GitCommit(exact, exact, options.FetchesByCommit ? options.Ref : "");
        }
        else
        {
            using StagingDirectory work = store.Stage("git");
            GitCommand git = await GitAsync(context, work.Path, cancellationToken);
            string[] arguments = options.Ref.Length == 0
                ? ["ls-remote", "--symref", "--", options.Remote, "HEAD"]
                : ["ls-remote", "--", options.Remote, options.Ref, options.Ref + "^{}"];
            string list = await git.RunAsync(work.Path, "resolve git ref", arguments, cancellationToken);
            found = GitCommit.TryFind(list, options.Ref)
                ?? throw new BuildException(ErrorKind.Input, "resolve git ref", options.Remote, $"repository does not contain ref {options.Ref}");
        }

        if (options.Checksum is { } wanted && !found.Commit.StartsWith(wanted, StringComparison.Ordinal) && !found.Object.StartsWith(wanted, StringComparison.Ordinal))
        {
            throw new BuildException(ErrorKind.Input, "resolve git ref", options.Remote, $"expected checksum to match {wanted}, got {found.Commit}");
        }

        return _commit = found;
    }

    /// <summary>Returns the commit's time, seconds since 1970.</summary>
    private async Task<long> CheckOutAsync(GitCommand git, string tree, GitCommit commit, CancellationToken cancellationToken)
    {
        Task<string> Run(params string[] arguments) => git.RunAsync(tree, "fetch git repository", arguments, cancellationToken);

        await Run("init", "--quiet");
        await Run("remote", "add", "origin", options.Remote);
        (int code, _, _) = await git.TryRunAsync(tree, ["fetch", "--quiet", "--depth=1", "--no-tags", "origin", commit.Commit], cancellationToken);
        if (code != 0)
        {
            // Not every server gives out single commits: then by name, or everything.
            bool named = commit.Ref.Length > 0
                && (await git.TryRunAsync(tree, ["fetch", "--quiet", "--depth=1", "--no-tags", "origin", commit.Ref], cancellationToken)).Code == 0
                && (await git.TryRunAsync(tree, ["cat-file", "-e", commit.Commit + "^{commit}"], cancellationToken)).Code == 0;
            if (!named)
            {
                await Run("fetch", "--quiet", "--tags", "origin", "+refs/heads/*:refs/remotes/origin/*");
            }
        }

        await Run("checkout", "--quiet", "--detach", commit.Commit);
        if (!options.SkipsSubmodules)
        {
            await Run("submodule", "--quiet", "update", "--init", "--recursive", "--depth=1");
        }

        string time = await Run("log", "-1", "--format=%ct", commit.Commit);
        if (options.KeepsGitDirectory && options.Subdirectory.Length == 0)
        {
            File.Delete(Path.Combine(tree, ".git", "FETCH_HEAD"));   // it has the remote's address with whatever login stands in it
        }
        else
        {
            RemoveGitDirectories(tree);
        }

        return long.Parse(time.Trim(), CultureInfo.InvariantCulture);
    }

    /// <summary>Of the repository, and what submodules have in its place.</summary>
    private static void RemoveGitDirectories(string directory)
    {
        using RootedTree tree = RootedTree.Open(directory);
        var found = new List<string>();
        using (var walk = new TreeWalk(tree, TreePath.Root))
        {
            while (walk.MoveNext())
            {
                if (walk.Current.Name == ".git")
                {
                    walk.SkipContents();
                    found.Add(walk.Current.Path);
                }
            }
        }

        foreach (string path in found)
        {
            tree.Remove(path, recursive: true);
        }
    }

    private void CopySubdirectory(string directory, StagedLayer layer, CancellationToken cancellationToken)
    {
        using RootedTree tree = RootedTree.Open(directory);
        string path = "";
        foreach (string part in options.Subdirectory.Split('/'))
        {
            path += "/" + part;
            if (tree.Status(path, followLinks: false) is not { IsDirectory: true })
            {
                throw new BuildException(ErrorKind.Input, "check out", options.Remote, $"subdir {options.Subdirectory} is not a directory of the repository");
            }
        }

        TreeCopy.Copy(tree, path, layer.Tree, TreePath.Root, new TreeCopyOptions { DirectoryContents = true }, cancellationToken);
    }

    private static void SetTimes(RootedTree tree, FileTimes times)
    {
        var paths = new List<string>();
        using (var walk = new TreeWalk(tree, TreePath.Root))
        {
            while (walk.MoveNext())
            {
                paths.Add(walk.Current.Path);
            }
        }

        foreach (string path in paths)
        {
            tree.SetMetadata(path, new FileChange { Times = times }, followLinks: false);
        }
    }

    private async Task<GitCommand> GitAsync(OpContext context, string home, CancellationToken cancellationToken) => new(
        home, options.Remote, await AuthorizationAsync(context, cancellationToken),
        line => context.Progress.Log(2, Encoding.UTF8.GetBytes(line + "\n")));

    /// <summary>Logins for the host first, then those for any.</summary>
    private async Task<string?> AuthorizationAsync(OpContext context, CancellationToken cancellationToken)
    {
        if (!Uri.TryCreate(options.Remote, UriKind.Absolute, out Uri? uri) || !uri.Scheme.StartsWith("http", StringComparison.Ordinal))
        {
            return null;
        }

        foreach (string suffix in (string[])["." + uri.Host, ""])
        {
            if (options.AuthHeaderSecret is { } header && await SessionAccess.SecretAsync(context.Sessions, header + suffix, cancellationToken) is { } value)
            {
                return value;
            }

            if (options.AuthTokenSecret is { } name && await SessionAccess.SecretAsync(context.Sessions, name + suffix, cancellationToken) is { } token)
            {
                return "basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("x-access-token:" + token));
            }
        }

        return null;
    }
}
