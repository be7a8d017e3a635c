using System.Globalization;
using Cairn.Llb;

namespace Cairn.Daemon.Configuration;

/// <summary>Groups of this machine.</summary>
internal static class GroupNames
{
    private const string File = "/etc/group";

    /// <summary>The number of a group that is given by name or number.</summary>
    /// <exception cref="BuildException">Environment: there is no such group.</exception>
    public static uint Find(string group)
    {
        if (uint.TryParse(group, NumberStyles.None, CultureInfo.InvariantCulture, out uint number))
        {
            return number;
        }

        foreach (string line in System.IO.File.ReadLines(File))
        {
            string[] fields = line.Split(':');
            if (fields.Length > 2 && fields[0] == group && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out number))
            {
                return number;
            }
        }

        throw new BuildException(ErrorKind.Environment, "find group", group, $"it is not in {File}");
    }
}
