namespace Cairn.Llb.Building;

/// <summary>File actions made to a state within the operation that copies from them.</summary>
/// <param name="State">What they change.</param>
/// <param name="Actions">The changes.</param>
public sealed record BoundFileActions(State State, FileActions Actions);
