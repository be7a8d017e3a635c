using Microsoft.Win32.SafeHandles;

namespace Cairn.Daemon.Status;

/// <summary>A file without a name for what a build prints beyond what is kept in memory. For one writer; readers may come at any time.</summary>
internal sealed class LogSpill : IDisposable
{
    private readonly SafeFileHandle _file;
    private long _end;

    public LogSpill()
    {
        string path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
        File.Delete(path);   // it lives as long as the handle
    }

    /// <returns>Where the bytes are.</returns>
    public long Append(ReadOnlySpan<byte> bytes)
    {
        long offset = _end;
        RandomAccess.Write(_file, bytes, offset);
        _end += bytes.Length;
        return offset;
    }

    public byte[] Read(long offset, int length)
    {
        byte[] bytes = new byte[length];
        int done = 0;
        while (done < length)
        {
            int read = RandomAccess.Read(_file, bytes.AsSpan(done), offset + done);
            if (read == 0)
            {
                throw new EndOfStreamException("the logs of a build were cut");
            }

            done += read;
        }

        return bytes;
    }

    public void Dispose() => _file.Dispose();
}
