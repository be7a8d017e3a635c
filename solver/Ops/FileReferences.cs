using Cairn.Protos.Pb;

namespace Cairn.Solver.Ops;

/// <summary>What the kinds of file actions have in common.</summary>
internal static class FileReferences
{
    /// <summary>The owner that an action gives; null where it gives none.</summary>
    public static ChownOpt? Owner(FileAction action) => action.ActionCase switch
    {
        FileAction.ActionOneofCase.Copy => action.Copy.Owner,
        FileAction.ActionOneofCase.Mkfile => action.Mkfile.Owner,
        FileAction.ActionOneofCase.Mkdir => action.Mkdir.Owner,
        FileAction.ActionOneofCase.Symlink => action.Symlink.Owner,
        _ => null,
    };

    /// <summary>Index of the tree in which a name is looked up; null for a number or nothing.</summary>
    public static long? LookupInput(UserOpt? user) => user is { UserCase: UserOpt.UserOneofCase.ByName } ? user.ByName.Input : null;

    /// <summary>Every index an action refers to, its primary input first.</summary>
    public static IEnumerable<long> References(FileAction action)
    {
        yield return action.Input;
        if (action.ActionCase == FileAction.ActionOneofCase.Copy)
        {
            yield return action.SecondaryInput;
        }

        ChownOpt? owner = Owner(action);
        foreach (long? lookup in new[] { LookupInput(owner?.User), LookupInput(owner?.Group) })
        {
            if (lookup is long index)
            {
                yield return index;
            }
        }
    }
}
