using System.Globalization;
using System.Text;
using Cairn.Llb;
using Cairn.Snapshotter.Trees;

namespace Cairn.Solver.Execution;

/// <summary>Reads the accounts of a tree: <c>/etc/passwd</c> and <c>/etc/group</c>.</summary>
/// <remarks>Source: passwd(5), group(5). Lines that do not have the form are ignored, as the C library does.</remarks>
internal sealed class AccountFiles
{
    private const long MaxBytes = 10 << 20;

    private readonly RootedTree _tree;

    /// <summary>Reads nothing yet.</summary>
    public AccountFiles(RootedTree tree) => _tree = tree;

    /// <summary>The first user that fits; null if there is none, or no file.</summary>
    public Account? FindUser(Func<Account, bool> fits)
    {
        foreach (string[] fields in Lines("/etc/passwd"))
        {
            if (fields.Length >= 4 && TryParseId(fields[2], out uint uid) && TryParseId(fields[3], out uint gid))
            {
                var account = new Account(fields[0], uid, gid);
                if (fits(account))
                {
                    return account;
                }
            }
        }

        return null;
    }

    /// <summary>Groups in the order of the file.</summary>
    public IEnumerable<AccountGroup> Groups()
    {
        foreach (string[] fields in Lines("/etc/group"))
        {
            if (fields.Length >= 3 && TryParseId(fields[2], out uint gid))
            {
                string[] members = fields.Length > 3 ? fields[3].Split(',', StringSplitOptions.RemoveEmptyEntries) : [];
                yield return new AccountGroup(fields[0], gid, members);
            }
        }
    }

    /// <summary>A number as ids are written.</summary>
    public static bool TryParseId(string text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id <= int.MaxValue;

    private IEnumerable<string[]> Lines(string path)
    {
        if (_tree.Status(path, followLinks: true) is FileStatus { IsRegular: false } status)
        {
            throw new BuildException(ErrorKind.Input, "read accounts from", path, $"it is not a regular file but {status.Kind}");
        }

        byte[]? content = _tree.TryReadFile(path, MaxBytes);
        return content is null
            ? []
            : Encoding.UTF8.GetString(content).Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(':'));
    }
}
