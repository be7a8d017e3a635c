using System.Globalization;
using Pb = Cairn.Protos.Pb;

namespace Cairn.Frontend.Dockerfile.Lowering;

/// <summary>Owners as instructions write them.</summary>
internal static class Ownership
{
    /// <summary><c>user[:group]</c>; numbers are ids, anything else is looked up in the tree. Null for the empty text.</summary>
    public static Pb.ChownOpt? Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string user = colon < 0 ? text : text[..colon];
        string group = colon < 0 ? "" : text[(colon + 1)..];
        return new Pb.ChownOpt { User = Principal(user), Group = Principal(group) };
    }

    private static Pb.UserOpt? Principal(string text)
    {
        if (text.Length == 0)
        {
            return null;
        }
        return uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint id)
            ? new Pb.UserOpt { ByID = id }
            : new Pb.UserOpt { ByName = new Pb.NamedUserOpt { Name = text } };
    }
}
