using Cairn.Snapshotter.Trees;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Layers;

/// <summary>A visible name of a <see cref="MergedDirectory"/>.</summary>
/// <param name="Name">The name.</param>
/// <param name="Status">Status of the topmost entry.</param>
/// <param name="Directory">Directory that holds that entry; belongs to the merged directory.</param>
/// <param name="Part">Its place among the parts.</param>
internal sealed record MergedEntry(string Name, FileStatus Status, SafeFileHandle Directory, int Part);
