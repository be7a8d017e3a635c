using System.Runtime.InteropServices;

namespace Cairn.Snapshotter.Native;

/// <summary>One to one with liblzma.</summary>
internal static unsafe partial class Liblzma
{
    public const uint LZMA_CONCATENATED = 8;
    public const int LZMA_RUN = 0;
    public const int LZMA_FINISH = 3;
    public const int LZMA_OK = 0;
    public const int LZMA_STREAM_END = 1;
    public const int LZMA_BUF_ERROR = 10;

    private const string Library = "liblzma.so.5";

    [LibraryImport(Library)]
    public static partial int lzma_stream_decoder(LzmaStream* stream, ulong memoryLimit, uint flags);

    [LibraryImport(Library)]
    public static partial int lzma_code(LzmaStream* stream, int action);

    [LibraryImport(Library)]
    public static partial void lzma_end(LzmaStream* stream);
}
