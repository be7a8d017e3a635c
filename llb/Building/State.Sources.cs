using System.Globalization;
using Cairn.Llb.Building.Nodes;

namespace Cairn.Llb.Building;

/// <content>Where states come from.</content>
public sealed partial class State
{
    private const string DefaultTokenSecret = "GIT_AUTH_TOKEN";
    private const string DefaultHeaderSecret = "GIT_AUTH_HEADER";

    /// <summary>An image of a registry.</summary>
    /// <param name="reference">As people write it; "busybox" is "docker.io/library/busybox:latest".</param>
    /// <param name="image">How it is resolved; null for the defaults.</param>
    /// <param name="options">A platform given here is also that of commands on the state.</param>
    /// <exception cref="BuildException">Input: the reference cannot be read.</exception>
    public static State Image(string reference, ImageOptions? image = null, VertexOptions? options = null)
    {
        image ??= new ImageOptions();
        var source = new SourceAttributes("docker-image://" + ImageReference.Parse(reference), Capabilities.SourceImage) { HasPlatform = true };
        switch (image.ResolveMode)
        {
            case ImageResolveMode.ForcePull:
                source.Add("image.resolvemode", "pull", Capabilities.SourceImageResolveMode);
                break;
            case ImageResolveMode.PreferLocal:
                source.Add("image.resolvemode", "local");
                break;
            case ImageResolveMode.Default:
                break;
        }

        source.Add("image.recordtype", image.RecordType);
        source.Add("image.layerlimit", Number(image.LayerLimit), Capabilities.SourceImageLayerLimit);
        source.Add("image.checksum", image.Checksum?.ToString(), Capabilities.SourceImageChecksum);
        return From(source, options).WithPlatform(options?.Platform);
    }

    /// <summary>One blob of a registry as a file.</summary>
    /// <param name="reference">With a digest, the blob's.</param>
    /// <param name="file">Name and permissions; null for the defaults.</param>
    /// <param name="options">What can be said of any operation.</param>
    /// <exception cref="BuildException">Input: the reference cannot be read.</exception>
    public static State ImageBlob(string reference, FetchedFile? file = null, VertexOptions? options = null)
    {
        var source = new SourceAttributes("docker-image+blob://" + ImageReference.Parse(reference), Capabilities.SourceImageBlob);
        source.AddFile(file ?? new FetchedFile());
        return From(source, options);
    }

    /// <summary>An image in an OCI layout of the client.</summary>
    /// <param name="reference">A name and a digest: <c>name@sha256:…</c>.</param>
    /// <param name="layout">Where the layout is; null for any.</param>
    /// <param name="options">A platform given here is also that of commands on the state.</param>
    public static State OciLayout(string reference, OciLayoutOptions? layout = null, VertexOptions? options = null)
    {
        var source = new SourceAttributes("oci-layout://" + reference, Capabilities.SourceOciLayout) { HasPlatform = true };
        source.AddLayout(layout);
        source.Add("oci.layerlimit", Number(layout?.LayerLimit));
        return From(source, options).WithPlatform(options?.Platform);
    }

    /// <summary>One blob of an OCI layout as a file.</summary>
    /// <param name="reference">A name and a digest: <c>name@sha256:…</c>.</param>
    /// <param name="layout">Where the layout is; null for any.</param>
    /// <param name="file">Name and permissions; null for the defaults.</param>
    /// <param name="options">What can be said of any operation.</param>
    public static State OciLayoutBlob(
        string reference, OciLayoutOptions? layout = null, FetchedFile? file = null, VertexOptions? options = null)
    {
        var source = new SourceAttributes("oci-layout+blob://" + reference, Capabilities.SourceImageBlob);
        source.AddFile(file ?? new FetchedFile());
        source.AddLayout(layout);
        return From(source, options);
    }

    /// <summary>A directory of the client.</summary>
    /// <param name="name">As the client offers it, "context" for instance.</param>
    /// <param name="local">What is sent; null for everything.</param>
    /// <param name="options">What can be said of any operation.</param>
    public static State Local(string name, LocalOptions? local = null, VertexOptions? options = null)
    {
        local ??= new LocalOptions();
        var source = new SourceAttributes("local://" + name, Capabilities.SourceLocal) { NeedsUniqueId = local.SessionId is null };
        source.Add("local.session", local.SessionId, Capabilities.SourceLocalSessionId);
        source.Add("local.includepattern", List(local.IncludePatterns), Capabilities.SourceLocalIncludePatterns);
        source.Add("local.excludepatterns", List(local.ExcludePatterns), Capabilities.SourceLocalExcludePatterns);
        source.Add("local.followpaths", List(local.FollowPaths), Capabilities.SourceLocalFollowPaths);
        source.Add("local.sharedkeyhint", local.SharedKeyHint, Capabilities.SourceLocalSharedKeyHint);
        source.Add("local.differ", local.Differ, local.RequireDiffer ? Capabilities.SourceLocalDiffer : null);
        source.Add("local.metadatatransfer", local.MetadataOnly ? "true" : null, Capabilities.SourceLocalMetadataTransfer);
        source.Add("local.metadatatransferexclude", List(local.MetadataOnlyExceptions));
        return From(source, options);
    }

    /// <summary>A checkout of a git repository.</summary>
    /// <param name="remote">Any form that git takes, with <c>#ref</c> or <c>#ref:directory</c> at the end; https is put before a bare host.</param>
    /// <param name="git">What is checked out; null for the defaults.</param>
    /// <param name="options">What can be said of any operation.</param>
    /// <exception cref="BuildException">Input: the remote cannot be read.</exception>
    public static State Git(string remote, GitOptions? git = null, VertexOptions? options = null)
    {
        git ??= new GitOptions();
        GitRemote parsed = GitRemote.Parse(remote);
        var source = new SourceAttributes(parsed.Identifier, Capabilities.SourceGit);
        source.Add("git.fullurl", parsed.FullUrl, Capabilities.SourceGitFullUrl);
        source.Add("git.authtokensecret", git.AuthTokenSecret ?? DefaultTokenSecret, git.AuthTokenSecret is null ? null : Capabilities.SourceGitHttpAuth);
        source.Add("git.authheadersecret", git.AuthHeaderSecret ?? DefaultHeaderSecret, git.AuthHeaderSecret is null ? null : Capabilities.SourceGitHttpAuth);
        source.Add("git.keepgitdir", git.KeepGitDirectory ? "true" : null, Capabilities.SourceGitKeepDir);
        source.Add("git.checksum", git.Checksum, Capabilities.SourceGitChecksum);
        source.Add("git.skipsubmodules", git.SkipSubmodules ? "true" : null, Capabilities.SourceGitSkipSubmodules);
        source.Add("git.mtime", git.ModificationTime, Capabilities.SourceGitMtime);
        source.Add("git.fetchbycommit", git.FetchByCommit ? "true" : null, Capabilities.SourceGitFetchByCommit);
        source.Add("git.bundle", git.Bundle, Capabilities.SourceGitBundle);
        source.Add("git.checkoutbundle", git.CheckoutBundle ? "true" : null, Capabilities.SourceGitCheckoutBundle);
        source.AddLayout(git.BundleLayout);
        source.Add("git.knownsshhosts", git.KnownSshHosts, Capabilities.SourceGitKnownSshHosts);
        source.Add("git.mountsshsock", git.SshSocket ?? (parsed.IsSsh ? "default" : null), Capabilities.SourceGitMountSshSock);
        return From(source, options);
    }

    /// <summary>A file fetched over http.</summary>
    /// <param name="url">With http:// or https://.</param>
    /// <param name="http">How it is fetched; null for the defaults.</param>
    /// <param name="options">What can be said of any operation.</param>
    public static State Http(string url, HttpOptions? http = null, VertexOptions? options = null)
    {
        http ??= new HttpOptions();
        var source = new SourceAttributes(url, Capabilities.SourceHttp);
        source.Add("http.checksum", http.Checksum?.ToString(), Capabilities.SourceHttpChecksum);
        source.AddFile(http.File);
        source.Require(http.File.Mode is null ? null : Capabilities.SourceHttpPerm);
        source.Require(http.File.UserId is null && http.File.GroupId is null ? null : Capabilities.SourceHttpOwner);
        source.Add("http.authheadersecret", http.AuthHeaderSecret, Capabilities.SourceHttpAuth);
        source.Add("http.header.accept", http.Accept, Capabilities.SourceHttpHeader);
        source.Add("http.header.user-agent", http.UserAgent, Capabilities.SourceHttpHeader);
        source.Add("http.sig.pubkey", http.SignatureKey, Capabilities.SourceHttpSignatureVerify);
        source.Add("http.sig.signature", http.Signature, Capabilities.SourceHttpSignatureVerify);
        return From(source, options);
    }

    private static State From(SourceAttributes source, VertexOptions? options) =>
        Scratch.WithOutput(new NodeOutput(new SourceNode(source, options ?? VertexOptions.None), 0));

    private static string? Number(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? List(IReadOnlyList<string> items) => items.Count == 0 ? null : GoJson.Array(items);
}
