namespace Cairn.Frontend.Dockerfile.Instructions;

/// <summary>A name with its value as written; a null value only in ARG.</summary>
internal readonly record struct KeyValue(string Key, string? Value);
