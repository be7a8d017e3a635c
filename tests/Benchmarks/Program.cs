using BenchmarkDotNet.Running;
using Cairn.Benchmarks.Figures;

// "figures" times whole solves and whole processes beside BuildKit's figures; anything else goes to BenchmarkDotNet.
if (args is ["figures", .. string[] rest])
{
    return await FigureCommand.RunAsync(rest);
}

BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
return 0;
