using System.Globalization;
using Cairn.Llb;

namespace Cairn.Solver.Exporters;

/// <summary>What an export attribute says of SOURCE_DATE_EPOCH: nothing, that there is none, or which.</summary>
internal readonly record struct SourceDateEpoch(bool IsGiven, DateTimeOffset? Time)
{
    /// <summary>Reads the exporter attribute; an empty value switches the feature off.</summary>
    public static SourceDateEpoch FromAttribute(string? text) => text switch
    {
        null => default,
        "" => new SourceDateEpoch(true, null),
        _ => new SourceDateEpoch(true, Parse(text)),
    };

    /// <summary>The time that counts: the attribute's, else the build's.</summary>
    public DateTimeOffset? Or(DateTimeOffset? build) => IsGiven ? Time : build;

    private static DateTimeOffset Parse(string text) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long seconds) && seconds is >= -62135596800 and <= 253402300799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : throw new BuildException(ErrorKind.Input, "", "", $"invalid source-date-epoch: \"{text}\" is not a number of seconds");
}
