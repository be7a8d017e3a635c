using Cairn.Protos.Pb;

namespace Cairn.Solver.Containers;

/// <summary>One mount of a container.</summary>
/// <param name="Mount">Where and how; its indexes of inputs and outputs mean nothing.</param>
/// <param name="Files">What it shows; null is nothing. Unless it is read-only, what is written goes into a copy.</param>
public sealed record ContainerMount(Mount Mount, ResultHandle? Files);
