using System.Globalization;
using System.Runtime.InteropServices;
using Cairn.Snapshotter.Native;
using Microsoft.Win32.SafeHandles;

namespace Cairn.Snapshotter.Processes;

/// <summary>A terminal that a process can have as its streams, and the side of it where somebody sits.</summary>
public sealed unsafe class PseudoTerminal : IDisposable
{
    private readonly SafeFileHandle _master;
    private readonly SafeFileHandle _held;   // until the process has opened its side, reading would end at once

    private PseudoTerminal(SafeFileHandle master, SafeFileHandle held, string path)
    {
        _master = master;
        _held = held;
        Path = path;
    }

    /// <summary>The process's side, on this host.</summary>
    public string Path { get; }

    /// <summary>A new terminal.</summary>
    /// <exception cref="NativeException">The kernel has none left, or <c>/dev/pts</c> is not there.</exception>
    public static PseudoTerminal Open()
    {
        const string Multiplexer = "/dev/ptmx";
        SafeFileHandle master = Files.Open(Multiplexer, Libc.O_RDWR | Libc.O_NOCTTY);
        try
        {
            int unlocked = 0;
            Check(Libc.ioctl(master, Libc.TIOCSPTLCK, &unlocked), "unlock terminal");
            int number = 0;
            Check(Libc.ioctl(master, Libc.TIOCGPTN, &number), "name terminal");
            int peer = Check(Libc.ioctl(master, Libc.TIOCGPTPEER, (nint)(Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC)), "open terminal");
            string path = "/dev/pts/" + number.ToString(CultureInfo.InvariantCulture);
            return new PseudoTerminal(master, new SafeFileHandle(peer, ownsHandle: true), path);
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>What the process has written; blocks until there is something.</summary>
    /// <returns>0 when nobody has the process's side open any more.</returns>
    public int Read(Span<byte> buffer)
    {
        while (true)
        {
            nint read;
            fixed (byte* bytes = buffer)
            {
                read = Libc.read(_master, bytes, buffer.Length);
            }

            if (read >= 0)
            {
                return (int)read;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR:
                    continue;
                case Errno.EIO:   // how the kernel tells that the other side is closed
                    return 0;
                default:
                    throw new NativeException("read", Path, Marshal.GetLastPInvokeError());
            }
        }
    }

    /// <summary>Types; blocks while the process does not read.</summary>
    /// <returns>False if nobody has the process's side open any more.</returns>
    public bool Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint written;
            fixed (byte* start = bytes)
            {
                written = Libc.write(_master, start, bytes.Length);
            }

            if (written >= 0)
            {
                bytes = bytes[(int)written..];
                continue;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Errno.EINTR:
                    continue;
                case Errno.EIO:
                    return false;
                default:
                    throw new NativeException("write", Path, Marshal.GetLastPInvokeError());
            }
        }

        return true;
    }

    /// <summary>Changes the size. Whoever has the process's side must be told with SIGWINCH.</summary>
    public void Resize(uint rows, uint columns)
    {
        WindowSize size = Size(rows, columns);
        Check(Libc.ioctl(_master, Libc.TIOCSWINSZ, &size), "resize terminal");
    }

    /// <summary>Changes the size of the terminal that another process reads from, and has the kernel tell it.</summary>
    /// <returns>False if that process is gone, or reads from something else.</returns>
    public static bool TryResizeOf(int process, uint rows, uint columns)
    {
        using SafeFileHandle? terminal = Files.TryOpenAt(
            Files.Anywhere, string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/fd/0"), Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_NONBLOCK, mode: 0, out _);
        if (terminal is null)
        {
            return false;
        }

        WindowSize size = Size(rows, columns);
        return Libc.ioctl(terminal, Libc.TIOCSWINSZ, &size) == 0;
    }

    /// <summary>Lets go of the process's side: from now on reading ends when the process has ended.</summary>
    public void Release() => _held.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        _held.Dispose();
        _master.Dispose();
    }

    private static WindowSize Size(uint rows, uint columns) =>
        new() { ws_row = (ushort)Math.Min(rows, ushort.MaxValue), ws_col = (ushort)Math.Min(columns, ushort.MaxValue) };

    private static int Check(int result, string call) =>
        result >= 0 ? result : throw new NativeException(call, "/dev/ptmx", Marshal.GetLastPInvokeError());
}
