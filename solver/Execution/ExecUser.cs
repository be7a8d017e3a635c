using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Execution;

/// <summary>Whom a process runs as.</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Primary group id.</param>
/// <param name="AdditionalGids">Supplementary group ids, the primary one first.</param>
internal sealed record ExecUser(uint Uid, uint Gid, IReadOnlyList<uint> AdditionalGids)
{
    /// <summary>Looks a user up in the accounts of the tree that the process runs in.</summary>
    /// <param name="tree">The root of the process.</param>
    /// <param name="text"><c>user</c> or <c>user:group</c>, names or numbers; empty is root.</param>
    /// <exception cref="BuildException">A name that the accounts lack.</exception>
    public static ExecUser Find(RootedTree tree, string text)
    {
        (string user, string? group) = Split(text);
        bool isNumber = AccountFiles.TryParseId(user, out uint uid);
        if (isNumber && group is not null && AccountFiles.TryParseId(group, out uint gid))
        {
            return new ExecUser(uid, gid, [gid]);   // two numbers need no file
        }

        var accounts = new AccountFiles(tree);
        Account? account = accounts.FindUser(candidate => isNumber ? candidate.Uid == uid : candidate.Name == user);
        if (account is null && !isNumber)
        {
            throw new BuildException(ErrorKind.Input, "", "", $"unable to find user {user}: no matching entries in passwd file");
        }

        uid = account?.Uid ?? uid;
        if (group is not null)
        {
            uint only = FindGroup(accounts, group);
            return new ExecUser(uid, only, [only]);
        }

        uint primary = account?.Gid ?? 0;
        IEnumerable<uint> further = account is null
            ? []
            : accounts.Groups().Where(candidate => candidate.Members.Contains(account.Name, StringComparer.Ordinal)).Select(candidate => candidate.Gid);
        return new ExecUser(uid, primary, [primary, .. further.Where(id => id != primary).Distinct()]);
    }

    private static (string User, string? Group) Split(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string user = colon < 0 ? text : text[..colon];
        string? group = colon < 0 || colon == text.Length - 1 ? null : text[(colon + 1)..];
        return (user.Length == 0 ? "0" : user, group);
    }

    private static uint FindGroup(AccountFiles accounts, string group)
    {
        if (AccountFiles.TryParseId(group, out uint number))
        {
            return number;
        }

        return accounts.Groups().FirstOrDefault(candidate => candidate.Name == group)?.Gid
            ?? throw new BuildException(ErrorKind.Input, "", "", $"unable to find group {group}: no matching entries in group file");
    }
}
