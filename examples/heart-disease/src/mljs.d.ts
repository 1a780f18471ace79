/** What is used of the mljs packages, of which ml-logistic-regression has no types of its own. */
declare module 'ml-matrix' {
  export class Matrix {
    readonly rows: number;
    constructor(rows: readonly (readonly number[])[]);
    static columnVector(values: readonly number[]): Matrix;
  }
}

declare module 'ml-logistic-regression' {
  import type { Matrix } from 'ml-matrix';

  interface Options {
    numSteps: number;
    learningRate: number;
  }

  interface TwoClasses {
    /** The probability, of each row, that it is not of this class. */
    testScores(features: Matrix): number[];
  }

  /** Gradient descent from zero weights, as many steps as are asked for: the same data gives the same model. */
  export default class LogisticRegression {
    /** One for each class. */
    readonly classifiers: readonly TwoClasses[];
    constructor(options: Options);
    /** @param classes whole numbers from 0 on */
    train(features: Matrix, classes: Matrix): void;
    static load(model: unknown): LogisticRegression;
    toJSON(): unknown;
  }
}
