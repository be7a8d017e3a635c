namespace Cairn.Cache.Keys;

/// <summary>All known keys of one input; each is an alternative.</summary>
/// <param name="Keys">Definition keys and content keys.</param>
public sealed record InputKeys(IReadOnlyList<InputKey> Keys);
