using Cairn.Llb;

namespace Cairn.Frontend.Dockerfile;

/// <summary>An image whose config is asked for.</summary>
/// <param name="Reference">The complete name, with tag or digest.</param>
/// <param name="Platform">The platform wanted; an image that has no other may answer with its own.</param>
/// <param name="ResolveMode"><c>default</c>, <c>pull</c> or <c>local</c>.</param>
/// <param name="LogName">The vertex shown while it is resolved.</param>
/// <param name="OciStore">The content store of the client that holds it, or null for a registry.</param>
public sealed record ImageRequest(string Reference, Platform Platform, string ResolveMode, string LogName, string? OciStore = null);
