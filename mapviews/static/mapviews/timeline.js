// The slider over months comes with what is fetched when the marks stand (months.js): this only keeps where its data is.
window.SchoolWorks.timeline = (...given) => (window.SchoolWorks.months = given);
