namespace Cairn.Snapshotter.Tests.Model;

/// <summary>The name is deleted.</summary>
public sealed record ModelWhiteout : ModelChange;
