namespace Cairn.Frontend.Dockerfile.Images;

/// <summary>How a container of the image is checked.</summary>
/// <param name="Test"><c>NONE</c>, <c>CMD</c> with arguments, or <c>CMD-SHELL</c> with a line.</param>
internal sealed record HealthCheck(IReadOnlyList<string> Test)
{
    public GoDuration Interval { get; init; }
    public GoDuration Timeout { get; init; }
    public GoDuration StartPeriod { get; init; }
    public GoDuration StartInterval { get; init; }
    public int Retries { get; init; }

    /// <summary>The form that stands in the image's history.</summary>
    public override string ToString() =>
        $"{{Test:[{string.Join(' ', Test)}] Interval:{Interval} Timeout:{Timeout} StartPeriod:{StartPeriod} StartInterval:{StartInterval} Retries:{Retries}}}";
}
