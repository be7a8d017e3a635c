using Cairn.Cache.Refs;

namespace Cairn.Solver.Sources;

/// <summary>One remembered sync.</summary>
/// <param name="Ref">Holds the files, in one layer.</param>
/// <param name="Manifest">See <see cref="LocalManifest"/>.</param>
/// <param name="IsSettled">Every file was old enough when it was read that a later change shows in its times.</param>
/// <param name="BegunNanoseconds">When the sync began, nanoseconds since 1970.</param>
/// <param name="IsSameFilter">It had the filter that was asked for.</param>
internal sealed record LocalSyncRow(RefId Ref, byte[] Manifest, bool IsSettled, long BegunNanoseconds, bool IsSameFilter);
