using Cairn.Llb;

namespace Cairn.Solver.Sessions;

/// <summary>A file that appears under its name only when it is complete: it is written beside it and renamed when it is closed.</summary>
internal sealed class WholeFile : FileStream
{
    private readonly string _path;
    private readonly string _partial;
    private bool _failed;
    private bool _isClosed;

    private WholeFile(string path, string partial)
        : base(partial, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 })
    {
        _path = path;
        _partial = partial;
    }

    /// <exception cref="BuildException">Environment: the file cannot be made.</exception>
    public static WholeFile Create(string path)
    {
        string full = Path.GetFullPath(path);
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(full)!);
            return new WholeFile(full, $"{full}.{Guid.NewGuid():N}.partial");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BuildException(ErrorKind.Environment, "write", full, e.Message, inner: e);
        }
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => Guard(buffer, static (file, bytes) => file.WriteBase(bytes));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            await base.WriteAsync(buffer, cancellationToken);
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (_isClosed || !disposing)
        {
            base.Dispose(disposing);
            return;
        }

        _isClosed = true;
        try
        {
            base.Dispose(disposing);
        }
        catch
        {
            File.Delete(_partial);
            throw;
        }

        Finish();
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        try
        {
            await base.DisposeAsync();
        }
        catch
        {
            File.Delete(_partial);
            throw;
        }

        Finish();
    }

    private void Finish()
    {
        if (_failed)
        {
            File.Delete(_partial);
        }
        else
        {
            File.Move(_partial, _path, overwrite: true);
        }
    }

    private void WriteBase(ReadOnlySpan<byte> bytes) => base.Write(bytes);

    private void Guard(ReadOnlySpan<byte> bytes, WriteAction write)
    {
        try
        {
            write(this, bytes);
        }
        catch
        {
            _failed = true;
            throw;
        }
    }

    private delegate void WriteAction(WholeFile file, ReadOnlySpan<byte> bytes);
}
