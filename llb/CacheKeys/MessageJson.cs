using System.Text;
using Cairn.Protos.Pb;

namespace Cairn.Llb.CacheKeys;

/// <summary>Messages of ops as JSON: fields in the order of the schema under the schema's names.</summary>
/// <remarks>Exported caches hold digests of these documents, so each byte counts.</remarks>
internal static class MessageJson
{
    public static JsonFields Of(ExecOp exec) => new JsonFields()
        .Message("meta", exec.Meta, Of)
        .Messages("mounts", exec.Mounts, Of)
        .Number("network", (int)exec.Network)
        .Number("security", (int)exec.Security)
        .Messages("secretenv", exec.Secretenv, env => new JsonFields().Text("ID", env.ID).Text("name", env.Name).Flag("optional", env.Optional))
        .Messages("cdiDevices", exec.CdiDevices, device => new JsonFields().Text("name", device.Name).Flag("optional", device.Optional));

    public static JsonFields Of(MergeOp merge) => new JsonFields().Messages("inputs", merge.Inputs, input => Input(input.Input));

    public static JsonFields Of(DiffOp diff) => new JsonFields()
        .Message("lower", diff.Lower, lower => Input(lower.Input)).Message("upper", diff.Upper, upper => Input(upper.Input));

    public static JsonFields Of(PassthroughOp passthrough) => new JsonFields()
        .Text("id", passthrough.Id).Numbers("outputs", passthrough.Outputs);

    public static JsonFields Of(BuildOp build) => new JsonFields()
        .Number("builder", build.Builder)
        .Map("inputs", build.Inputs, input => Input(input.Input).ToString())
        .Message("def", build.Def, DefinitionJson.Of)
        .Map("attrs", build.Attrs, Quoted);

    public static JsonFields Of(FileAction action) => action.ActionCase switch
    {
        FileAction.ActionOneofCase.Copy => Of(action.Copy),
        FileAction.ActionOneofCase.Mkfile => new JsonFields()
            .Text("path", action.Mkfile.Path).Number("mode", action.Mkfile.Mode).Bytes("data", action.Mkfile.Data.Span)
            .Message("owner", action.Mkfile.Owner, Of).Number("timestamp", action.Mkfile.Timestamp),
        FileAction.ActionOneofCase.Mkdir => new JsonFields()
            .Text("path", action.Mkdir.Path).Number("mode", action.Mkdir.Mode).Flag("makeParents", action.Mkdir.MakeParents)
            .Message("owner", action.Mkdir.Owner, Of).Number("timestamp", action.Mkdir.Timestamp),
        FileAction.ActionOneofCase.Rm => new JsonFields()
            .Text("path", action.Rm.Path).Flag("allowNotFound", action.Rm.AllowNotFound).Flag("allowWildcard", action.Rm.AllowWildcard),
        FileAction.ActionOneofCase.Symlink => new JsonFields()
            .Text("oldpath", action.Symlink.Oldpath).Text("newpath", action.Symlink.Newpath)
            .Message("owner", action.Symlink.Owner, Of).Number("timestamp", action.Symlink.Timestamp),
        _ => throw new ArgumentException($"a file action of kind {action.ActionCase} has no key", nameof(action)),
    };

    public static string Quoted(string text) => GoJson.AppendString(new StringBuilder(), text).ToString();

    private static JsonFields Of(FileActionCopy copy) => new JsonFields()
        .Text("src", copy.Src)
        .Text("dest", copy.Dest)
        .Message("owner", copy.Owner, Of)
        .Number("mode", copy.Mode)
        .Flag("followSymlink", copy.FollowSymlink)
        .Flag("dirCopyContents", copy.DirCopyContents)
        .Flag("attemptUnpackDockerCompatibility", copy.AttemptUnpackDockerCompatibility)
        .Flag("createDestPath", copy.CreateDestPath)
        .Flag("allowWildcard", copy.AllowWildcard)
        .Flag("allowEmptyWildcard", copy.AllowEmptyWildcard)
        .Number("timestamp", copy.Timestamp)
        .Texts("include_patterns", copy.IncludePatterns)
        .Texts("exclude_patterns", copy.ExcludePatterns)
        .Flag("alwaysReplaceExistingDestPaths", copy.AlwaysReplaceExistingDestPaths)
        .Text("modeStr", copy.ModeStr)
        .Texts("required_paths", copy.RequiredPaths);

    private static JsonFields Of(Meta meta) => new JsonFields()
        .Texts("args", meta.Args)
        .Texts("env", meta.Env)
        .Text("cwd", meta.Cwd)
        .Text("user", meta.User)
        .Message("proxy_env", meta.ProxyEnv, Of)
        .Messages("extraHosts", meta.ExtraHosts, host => new JsonFields().Text("Host", host.Host).Text("IP", host.IP))
        .Text("hostname", meta.Hostname)
        .Messages("ulimit", meta.Ulimit, limit => new JsonFields().Text("Name", limit.Name).Number("Soft", limit.Soft).Number("Hard", limit.Hard))
        .Text("cgroupParent", meta.CgroupParent)
        .Flag("removeMountStubsRecursive", meta.RemoveMountStubsRecursive)
        .Numbers("validExitCodes", meta.ValidExitCodes);

    private static JsonFields Of(ProxyEnv proxy) => new JsonFields()
        .Text("http_proxy", proxy.HttpProxy).Text("https_proxy", proxy.HttpsProxy).Text("ftp_proxy", proxy.FtpProxy)
        .Text("no_proxy", proxy.NoProxy).Text("all_proxy", proxy.AllProxy);

    private static JsonFields Of(Mount mount) => new JsonFields()
        .Number("input", mount.Input)
        .Text("selector", mount.Selector)
        .Text("dest", mount.Dest)
        .Number("output", mount.Output)
        .Flag("readonly", mount.Readonly)
        .Number("mountType", (int)mount.MountType)
        .Message("TmpfsOpt", mount.TmpfsOpt, tmpfs => new JsonFields().Number("size", tmpfs.Size))
        .Message("cacheOpt", mount.CacheOpt, cache => new JsonFields().Text("ID", cache.ID).Number("sharing", (int)cache.Sharing))
        .Message("secretOpt", mount.SecretOpt, secret => FileOfSession(secret.ID, secret.Uid, secret.Gid, secret.Mode, secret.Optional))
        .Message("SSHOpt", mount.SSHOpt, ssh => FileOfSession(ssh.ID, ssh.Uid, ssh.Gid, ssh.Mode, ssh.Optional))
        .Text("resultID", mount.ResultID)
        .Number("contentCache", (int)mount.ContentCache);

    private static JsonFields FileOfSession(string id, uint uid, uint gid, uint mode, bool optional) => new JsonFields()
        .Text("ID", id).Number("uid", uid).Number("gid", gid).Number("mode", mode).Flag("optional", optional);

    private static JsonFields Of(ChownOpt owner) => new JsonFields().Message("user", owner.User, Of).Message("group", owner.Group, Of);

    private static JsonFields Of(UserOpt user) => user.UserCase switch
    {
        UserOpt.UserOneofCase.ByName => new JsonFields().Raw("User", new JsonFields()
            .Message("byName", user.ByName, name => new JsonFields().Text("name", name.Name).Number("input", name.Input)).ToString()),
        UserOpt.UserOneofCase.ByID => new JsonFields().Raw("User", new JsonFields().Number("byId", user.ByID).ToString()),
        _ => new JsonFields().Raw("User", "null"),
    };

    private static JsonFields Input(long input) => new JsonFields().Number("input", input);
}
