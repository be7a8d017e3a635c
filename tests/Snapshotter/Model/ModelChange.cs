namespace Cairn.Snapshotter.Tests.Model;

/// <summary>What a layer says about a name.</summary>
public abstract record ModelChange;
