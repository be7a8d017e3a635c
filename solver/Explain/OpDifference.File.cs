using System.Globalization;
using Cairn.Llb;
using Cairn.Protos.Pb;

namespace Cairn.Solver.Explain;

/// <content>File operations.</content>
internal static partial class OpDifference
{
    private static Cause? OfFile(FileOp before, FileOp after)
    {
        if (before.Actions.Count != after.Actions.Count)
        {
            return null;
        }

        for (int i = 0; i < after.Actions.Count; i++)
        {
            FileAction old = before.Actions[i], now = after.Actions[i];
            if (old.ActionCase != now.ActionCase)
            {
                return null;
            }

            Cause? found = now.ActionCase switch
            {
                FileAction.ActionOneofCase.Copy => OfCopy(old.Copy, now.Copy),
                FileAction.ActionOneofCase.Mkfile => First(
                    ("mkfile.path", old.Mkfile.Path, now.Mkfile.Path), ("mkfile.data", Bytes(old.Mkfile.Data.Span), Bytes(now.Mkfile.Data.Span)),
                    ("mkfile.mode", Octal(old.Mkfile.Mode), Octal(now.Mkfile.Mode)), ("mkfile.owner", Owner(old.Mkfile.Owner), Owner(now.Mkfile.Owner)),
                    ("mkfile.timestamp", Number(old.Mkfile.Timestamp), Number(now.Mkfile.Timestamp))),
                FileAction.ActionOneofCase.Mkdir => First(
                    ("mkdir.path", old.Mkdir.Path, now.Mkdir.Path), ("mkdir.mode", Octal(old.Mkdir.Mode), Octal(now.Mkdir.Mode)),
                    ("mkdir.owner", Owner(old.Mkdir.Owner), Owner(now.Mkdir.Owner)),
                    ("mkdir.timestamp", Number(old.Mkdir.Timestamp), Number(now.Mkdir.Timestamp))),
                FileAction.ActionOneofCase.Rm => First(("rm.path", old.Rm.Path, now.Rm.Path)),
                FileAction.ActionOneofCase.Symlink => First(
                    ("symlink.target", old.Symlink.Oldpath, now.Symlink.Oldpath), ("symlink.path", old.Symlink.Newpath, now.Symlink.Newpath)),
                _ => null,
            };
            if (found is not null)
            {
                return found;
            }
        }

        return null;
    }

    // Where a file stands in its input does not matter, only its name.
    private static Cause? OfCopy(FileActionCopy old, FileActionCopy now) => First(
        ("copy.src", UnixPath.Base(old.Src), UnixPath.Base(now.Src)),
        ("copy.dest", old.Dest, now.Dest),
        ("copy.owner", Owner(old.Owner), Owner(now.Owner)),
        ("copy.mode", Mode(old), Mode(now)),
        ("copy.include", string.Join(' ', old.IncludePatterns), string.Join(' ', now.IncludePatterns)),
        ("copy.exclude", string.Join(' ', old.ExcludePatterns), string.Join(' ', now.ExcludePatterns)),
        ("copy.timestamp", Number(old.Timestamp), Number(now.Timestamp)));

    private static string Mode(FileActionCopy copy) => copy.ModeStr.Length > 0 ? copy.ModeStr : Octal(copy.Mode);

    private static string Octal(int mode) => mode < 0 ? "" : Convert.ToString(mode, 8).PadLeft(4, '0');

    private static string Number(long number) => number < 0 ? "" : number.ToString(CultureInfo.InvariantCulture);

    private static string Owner(ChownOpt? owner) => owner is null ? "" : Of(owner.User) + (owner.Group is null ? "" : ":" + Of(owner.Group));

    private static string Of(UserOpt? user) => user?.UserCase switch
    {
        UserOpt.UserOneofCase.ByName => user.ByName.Name,
        UserOpt.UserOneofCase.ByID => user.ByID.ToString(CultureInfo.InvariantCulture),
        _ => "",
    };
}
