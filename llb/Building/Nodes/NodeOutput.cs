namespace Cairn.Llb.Building.Nodes;

/// <summary>One output of an operation being described.</summary>
internal sealed record NodeOutput(BuildNode Node, int Index);
