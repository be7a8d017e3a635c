using System.Globalization;
using Cairn.Llb.Graphs;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Explain;

/// <content>Runs.</content>
internal static partial class OpDifference
{
    private static Cause OfExec(Vertex before, Vertex after)
    {
        ExecOp old = before.Op.Exec, now = after.Op.Exec;
        if (before.Platform != after.Platform)
        {
            return new Cause { Kind = CauseKind.Platform, Old = before.Platform.ToString(), New = after.Platform.ToString() };
        }

        return Arguments(old.Meta, now.Meta)
            ?? Environment(old.Meta, now.Meta)
            ?? First(
                ("cwd", old.Meta.Cwd, now.Meta.Cwd), ("user", old.Meta.User, now.Meta.User), ("hostname", old.Meta.Hostname, now.Meta.Hostname),
                ("network", old.Network.ToString().ToLowerInvariant(), now.Network.ToString().ToLowerInvariant()),
                ("security", old.Security.ToString().ToLowerInvariant(), now.Security.ToString().ToLowerInvariant()),
                ("cgroup-parent", old.Meta.CgroupParent, now.Meta.CgroupParent))
            ?? Each("mount", old.Mounts.Select(Describe), now.Mounts.Select(Describe))
            ?? Each("secret-environment", old.Secretenv.Select(static env => (env.Name, env.ID)), now.Secretenv.Select(static env => (env.Name, env.ID)))
            ?? Each("extra-host", old.Meta.ExtraHosts.Select(static host => (host.Host, host.Host)), now.Meta.ExtraHosts.Select(static host => (host.Host, host.Host)))
            ?? Each("ulimit", old.Meta.Ulimit.Select(Describe), now.Meta.Ulimit.Select(Describe))
            ?? Named(before, after);
    }

    // Of "/bin/sh -c TEXT" only the text is told, unless the shell is another one.
    private static Cause? Arguments(Meta old, Meta now)
    {
        if (old.Args.SequenceEqual(now.Args, StringComparer.Ordinal))
        {
            return null;
        }

        bool haveSameEnd = old.Args.Count > 1 && now.Args.Count > 1 && old.Args[^1] == now.Args[^1];
        bool haveSameStart = old.Args.Count > 1 && old.Args.SkipLast(1).SequenceEqual(now.Args.SkipLast(1), StringComparer.Ordinal);
        return haveSameEnd ? Text("shell", null, string.Join(' ', old.Args.SkipLast(1)), string.Join(' ', now.Args.SkipLast(1)))
            : haveSameStart ? Text("args", null, old.Args[^1], now.Args[^1])
            : Text("args", null, string.Join(' ', old.Args), string.Join(' ', now.Args));
    }

    private static Cause? Environment(Meta old, Meta now)
    {
        Cause? found = Each("env", old.Env.Select(Pair), now.Env.Select(Pair));
        return found is null ? null : found with { Kind = CauseKind.Environment, Field = null };

        static (string Name, string Value) Pair(string variable)
        {
            int equals = variable.IndexOf('=', StringComparison.Ordinal);
            return equals < 0 ? (variable, "") : (variable[..equals], variable[(equals + 1)..]);
        }
    }

    // The first name, in ordinal order, whose text differs or that only one side has.
    private static Cause? Each(string field, IEnumerable<(string Name, string Text)> before, IEnumerable<(string Name, string Text)> after)
    {
        SortedDictionary<string, string> old = new(StringComparer.Ordinal), now = new(StringComparer.Ordinal);
        foreach ((string name, string text) in before)
        {
            old[name] = text;
        }

        foreach ((string name, string text) in after)
        {
            now[name] = text;
        }

        foreach (string name in old.Keys.Union(now.Keys, StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            string? a = old.GetValueOrDefault(name), b = now.GetValueOrDefault(name);
            if (a != b)
            {
                return Text(field, name, a, b);
            }
        }

        return null;
    }

    private static (string Name, string Text) Describe(Ulimit limit) =>
        (limit.Name, string.Create(CultureInfo.InvariantCulture, $"{limit.Soft}:{limit.Hard}"));

    private static (string Name, string Text) Describe(Mount mount)
    {
        List<string> words = ["type=" + mount.MountType.ToString().ToLowerInvariant()];
        Add("source", mount.Selector is "" or "/" ? "" : mount.Selector);
        Add("readonly", mount.Readonly ? "true" : "");
        Add("size", mount.TmpfsOpt is { Size: > 0 } tmpfs ? tmpfs.Size.ToString(CultureInfo.InvariantCulture) : "");
        if (mount.CacheOpt is { } cache)
        {
            Add("id", cache.ID);
            Add("sharing", cache.Sharing.ToString().ToLowerInvariant());
        }

        Add("id", mount.SecretOpt?.ID ?? mount.SSHOpt?.ID ?? "");
        return (mount.Dest, string.Join(',', words));

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                words.Add($"{name}={value}");
            }
        }
    }
}
