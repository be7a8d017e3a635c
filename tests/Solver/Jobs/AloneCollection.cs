using Xunit;

namespace Cairn.Solver.Tests.Jobs;

/// <summary>Tests that measure this process: no other test runs beside them.</summary>
[CollectionDefinition(nameof(AloneCollection), DisableParallelization = true)]
public sealed class AloneCollection;
