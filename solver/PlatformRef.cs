using Cairn.Llb;

namespace Cairn.Solver;

/// <summary>A frontend's result for one platform.</summary>
/// <param name="Id">Key of the result, for instance <c>linux/amd64</c>; empty if the result is not divided.</param>
/// <param name="Platform">The platform; null if nobody named one.</param>
/// <param name="Ref">What to build; null is scratch.</param>
public sealed record PlatformRef(string Id, Platform? Platform, SolvedRef? Ref);
