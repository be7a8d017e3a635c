using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary>One to one with libbz2.</summary>
internal static unsafe partial class Libbz2
{
    public const int BZ_OK = 0;
    public const int BZ_STREAM_END = 4;

    private const string Library = "libbz2.so.1.0";

    [LibraryImport(Library)]
    public static partial int BZ2_bzDecompressInit(BzStream* stream, int verbosity, int small);

    [LibraryImport(Library)]
    public static partial int BZ2_bzDecompress(BzStream* stream);

    [LibraryImport(Library)]
    public static partial int BZ2_bzDecompressEnd(BzStream* stream);
}
