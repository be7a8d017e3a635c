namespace Cairn.Snapshotter.Tests.Model;

/// <summary>The name is this file, whatever it was.</summary>
public sealed record ModelPut(ModelFile File) : ModelChange;
